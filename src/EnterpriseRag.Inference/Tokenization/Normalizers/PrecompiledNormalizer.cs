using System.Buffers;
using System.Globalization;
using System.Text;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Precompiled", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.PrecompiledNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>
/// SentencePiece's normalisation by table with the reference's rule, oddities included: a grapheme of fewer than 6 bytes is
/// looked up as a whole (its shortest known beginning replaces all of it), otherwise character by character.
/// </summary>
internal sealed class PrecompiledNormalizer(CharsMap map) : INormalizer
{
    // Below U+0300 nothing combines: two such neighbours are two graphemes, except CR LF.
    private const char FirstCombining = '\u0300';
    private const int WholeGraphemeBytes = 6;

    public static INormalizer Read(ComponentSettings settings)
    {
        var encoded = settings.Text("precompiled_charsmap");
        var bytes = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, bytes, out var length)
            ? new PrecompiledNormalizer(CharsMap.Read(bytes.AsSpan(0, length)))
            : throw new TokenizerFormatException("tokenizer.json: precompiled_charsmap is not base64.");
    }

    public void Normalize(NormalizedText text)
    {
        var source = text.Text;
        var first = UntouchedLength(source, 0);
        if (first == source.Length)
        {
            return;
        }

        text.BeginRewrite();
        var transform = new RuneTransform(text);
        var kept = 0;
        for (var i = first; i < source.Length; i += UntouchedLength(source, i))
        {
            transform.Keep(source[kept..i]);
            var length = StringInfo.GetNextTextElementLength(source[i..]);
            NormalizeGrapheme(source.Slice(i, length), ref transform);
            i += length;
            kept = i;
        }

        transform.Keep(source[kept..]);
        text.EndRewrite();
    }

    /// <summary>Number of units from <paramref name="start"/> on that are graphemes by themselves and stay as they are.</summary>
    private int UntouchedLength(ReadOnlySpan<char> source, int start)
    {
        var i = start;
        while (i < source.Length && source[i] < FirstCombining && map.IsUntouched(source[i]) && source[i] != '\r'
            && (i + 1 == source.Length || source[i + 1] < FirstCombining))
        {
            i++;
        }

        return i - start;
    }

    private void NormalizeGrapheme(ReadOnlySpan<char> grapheme, ref RuneTransform transform)
    {
        Span<byte> utf8 = stackalloc byte[WholeGraphemeBytes];
        if (grapheme.Length < WholeGraphemeBytes && Encoding.UTF8.GetByteCount(grapheme) < WholeGraphemeBytes
            && map.TryReplace(utf8[..Encoding.UTF8.GetBytes(grapheme, utf8)], out var whole))
        {
            Replace(grapheme, whole, ref transform);
            return;
        }

        while (!grapheme.IsEmpty)
        {
            Rune.DecodeFromUtf16(grapheme, out var rune, out var length);
            if (map.TryReplace(utf8[..rune.EncodeToUtf8(utf8)], out var replacement))
            {
                Replace(grapheme[..length], replacement, ref transform);
            }
            else
            {
                transform.Keep(grapheme[..length]);
            }

            grapheme = grapheme[length..];
        }
    }

    private static void Replace(scoped ReadOnlySpan<char> old, scoped ReadOnlySpan<byte> with, ref RuneTransform transform)
    {
        const int StackUnits = 64;
        char[]? rented = null;
        var units = with.Length <= StackUnits ? stackalloc char[StackUnits] : rented = ArrayPool<char>.Shared.Rent(with.Length);
        transform.Replace(old, units[..Encoding.UTF8.GetChars(with, units)]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }
}
