using System.Text;
using System.Text.RegularExpressions;

namespace EnterpriseRag.Ingestion.Extract;

/// <summary>Bytes of a text file to characters: byte order mark, then UTF-16 without a mark, then strict UTF-8, then the declared charset, then Windows-1252.</summary>
internal static partial class TextDecoder
{
    private const int SniffBytes = 4096;

    /// <summary>Null when the bytes are no text at all (NUL bytes without a UTF-16 pattern).</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, bool lookForDeclaration = false)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return Encoding.UTF8.GetString(bytes[3..]);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        }

        var head = bytes[..Math.Min(bytes.Length, SniffBytes)];
        if (head.Contains((byte)0))
        {
            return Utf16WithoutMark(head)?.GetString(bytes);
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return (lookForDeclaration ? Declared(head) : null)?.GetString(bytes) ?? Windows1252.GetString(bytes);
        }
    }

    private static Encoding Windows1252 => CodePagesEncodingProvider.Instance.GetEncoding(1252)
        ?? throw new InvalidOperationException("The runtime has no Windows-1252.");

    private static UnicodeEncoding? Utf16WithoutMark(ReadOnlySpan<byte> head)
    {
        int even = 0, odd = 0;
        for (var i = 0; i + 1 < head.Length; i += 2)
        {
            even += head[i] == 0 ? 1 : 0;
            odd += head[i + 1] == 0 ? 1 : 0;
        }

        var half = head.Length / 2;
        return odd > half * 0.4 && even < half * 0.05 ? new UnicodeEncoding(bigEndian: false, byteOrderMark: false)
            : even > half * 0.4 && odd < half * 0.05 ? new UnicodeEncoding(bigEndian: true, byteOrderMark: false)
            : null;
    }

    private static Encoding? Declared(ReadOnlySpan<byte> head)
    {
        var match = Charset().Match(Encoding.Latin1.GetString(head));
        if (!match.Success)
        {
            return null;
        }

        var name = match.Groups[1].Value;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            return null; // a charset nobody knows: Windows-1252 reads at least its ASCII
        }
    }

    [GeneratedRegex("""charset\s*=\s*["']?([A-Za-z0-9_\-]{1,40})""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Charset();
}
