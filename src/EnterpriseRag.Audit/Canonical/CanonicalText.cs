using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace EnterpriseRag.Audit.Canonical;

/// <summary>
/// Writes the scalar forms of <c>ragaudit-jcs/1</c> (docs/formats/canonical-core.md). Own code because System.Text.Json is not RFC 8785:
/// it escapes letters and signs that JCS writes literally.
/// </summary>
internal static class CanonicalText
{
    /// <summary>2^53-1: every JSON reader holds it exactly.</summary>
    public const long MaxInteger = (1L << 53) - 1;

    /// <summary>A core must fit the 16-bit entry length of tlog tiles.</summary>
    public const int MaxCoreBytes = 65_535;

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    // All that JCS escapes: C0, quote and backslash. Everything else is literal.
    private static readonly SearchValues<byte> s_escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(b => (byte)b), (byte)'"', (byte)'\\']);

    /// <summary>Characters that a string literal may not hold unescaped.</summary>
    public static SearchValues<byte> Escaped => s_escaped;

    public static bool IsName(ReadOnlySpan<char> name) =>
        !name.IsEmpty && char.IsAsciiLetterLower(name[0]) && name.IndexOfAnyExcept(s_nameChars) < 0;

    private static readonly SearchValues<char> s_nameChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary><c>2026-11-01T10:00:00.000000Z</c>: always 27 characters, UTC, truncated to microseconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    public static bool TryParseTime(ReadOnlySpan<byte> utf8, out DateTimeOffset time)
    {
        time = default;
        Span<char> chars = stackalloc char[27];
        return utf8.Length == 27
            && Encoding.ASCII.TryGetChars(utf8, chars, out _)
            && DateTimeOffset.TryParseExact(chars, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    public static string Binary(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static string Check(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(value[i]))
            {
                throw new CanonicalException("A string holds a lone surrogate.");
            }
        }

        return value;
    }

    public static long Check(long value) =>
        value is >= -MaxInteger and <= MaxInteger ? value : throw new CanonicalException($"The number {value} is beyond 2^53-1: scale it or write it as text.");

    public static void WriteValue(IBufferWriter<byte> output, object value)
    {
        switch (value)
        {
            case string text:
                WriteString(output, text);
                break;
            case long number:
                WriteInteger(output, number);
                break;
            case bool flag:
                output.Write(flag ? "true"u8 : "false"u8);
                break;
            case CoreObject child:
                child.WriteTo(output);
                break;
            case CoreArray array:
                array.WriteTo(output);
                break;
            default:
                throw new CanonicalException($"{value.GetType().Name} has no canonical form.");
        }
    }

    public static void WriteInteger(IBufferWriter<byte> output, long value)
    {
        var span = output.GetSpan(20);
        if (!Utf8Formatter.TryFormat(value, span, out var written))
        {
            throw new CanonicalException("The buffer gave less room than asked for.");
        }

        output.Advance(written);
    }

    public static void WriteString(IBufferWriter<byte> output, string value)
    {
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(value.Length));
        try
        {
            ReadOnlySpan<byte> rest = utf8.AsSpan(0, Encoding.UTF8.GetBytes(value, utf8));
            output.Write("\""u8);
            for (var at = rest.IndexOfAny(s_escaped); at >= 0; at = rest.IndexOfAny(s_escaped))
            {
                output.Write(rest[..at]);
                WriteEscape(output, rest[at]);
                rest = rest[(at + 1)..];
            }

            output.Write(rest);
            output.Write("\""u8);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8, clearArray: true);
        }
    }

    private static void WriteEscape(IBufferWriter<byte> output, byte character)
    {
        const string Hex = "0123456789abcdef";
        switch (character)
        {
            case (byte)'"':
                output.Write("\\\""u8);
                break;
            case (byte)'\\':
                output.Write("\\\\"u8);
                break;
            case (byte)'\b':
                output.Write("\\b"u8);
                break;
            case (byte)'\f':
                output.Write("\\f"u8);
                break;
            case (byte)'\n':
                output.Write("\\n"u8);
                break;
            case (byte)'\r':
                output.Write("\\r"u8);
                break;
            case (byte)'\t':
                output.Write("\\t"u8);
                break;
            default:
                output.Write([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', (byte)Hex[character >> 4], (byte)Hex[character & 15]]);
                break;
        }
    }
}
