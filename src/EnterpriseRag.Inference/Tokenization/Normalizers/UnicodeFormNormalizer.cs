using System.Text;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

[assembly: TokenizerComponent("NFC", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.UnicodeFormNormalizer))]
[assembly: TokenizerComponent("NFD", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.UnicodeFormNormalizer))]
[assembly: TokenizerComponent("NFKC", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.UnicodeFormNormalizer))]
[assembly: TokenizerComponent("NFKD", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.UnicodeFormNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>One of the four Unicode normalisation forms, of the Unicode version and with the alignment of the reference.</summary>
internal sealed class UnicodeFormNormalizer(bool compatible, bool composes) : INormalizer
{
    [ThreadStatic]
    private static List<NormalizationStream.Step>? t_pending;

    private readonly NormalizationTables _tables = NormalizationTables.Shared;

    public static INormalizer Read(ComponentSettings settings) => settings.Type switch
    {
        "NFC" => new UnicodeFormNormalizer(compatible: false, composes: true),
        "NFD" => new UnicodeFormNormalizer(compatible: false, composes: false),
        "NFKC" => new UnicodeFormNormalizer(compatible: true, composes: true),
        _ => new UnicodeFormNormalizer(compatible: true, composes: false),
    };

    public void Normalize(NormalizedText text)
    {
        var source = text.Text;
        var changed = NextChange(source, 0);
        if (changed == source.Length)
        {
            return;
        }

        text.BeginRewrite();
        var transform = new RuneTransform(text);
        var kept = 0;
        while (changed < source.Length)
        {
            // The character before may compose with what follows.
            var start = Math.Max(kept, changed - (changed > 1 && char.IsLowSurrogate(source[changed - 1]) ? 2 : 1));
            transform.Keep(source[kept..start]);
            kept = Stream(source, start, changed, ref transform);
            changed = NextChange(source, kept);
        }

        transform.Keep(source[kept..]);
        text.EndRewrite();
    }

    /// <summary>Normalises from <paramref name="start"/> to the first character after <paramref name="changed"/> that nothing before it can touch; returns its index.</summary>
    private int Stream(ReadOnlySpan<char> source, int start, int changed, ref RuneTransform transform)
    {
        var stream = new NormalizationStream(_tables, compatible, composes, t_pending ??= []);
        var inert = _tables.Inert(compatible, composes);
        var i = start;
        while (i < source.Length && (i <= changed || !IsInert(inert, source[i])))
        {
            Rune.DecodeFromUtf16(source[i..], out var rune, out var length);
            stream.Push(rune, ref transform);
            i += length;
        }

        stream.Finish(ref transform);
        return i;
    }

    private int NextChange(ReadOnlySpan<char> source, int from)
    {
        var inert = _tables.Inert(compatible, composes);
        var i = from;
        while (i < source.Length && (char.IsAscii(source[i]) || IsInert(inert, source[i])))
        {
            i++;
        }

        return i;
    }

    // Surrogates have no bit: characters beyond the BMP take the slow way.
    private static bool IsInert(ReadOnlySpan<ulong> inert, char unit) => (inert[unit >> 6] & (1UL << unit)) != 0;
}
