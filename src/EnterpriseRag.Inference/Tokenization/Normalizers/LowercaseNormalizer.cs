using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

[assembly: TokenizerComponent("Lowercase", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.LowercaseNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Each character in lower case by itself (a final sigma is like any other).</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public static INormalizer Read(ComponentSettings settings) => new LowercaseNormalizer();

    public void Normalize(NormalizedText text) => Apply(text);

    /// <summary>The same for other normalisers.</summary>
    public static void Apply(NormalizedText text)
    {
        var source = text.Text;
        var first = NextChange(source, 0);
        if (first == source.Length)
        {
            return;
        }

        text.BeginRewrite();
        var kept = 0;
        Span<char> lower = stackalloc char[LowerCase.MaxUnits];
        for (var i = first; i < source.Length; i = NextChange(source, kept))
        {
            text.Copy(kept, i - kept);
            var rune = RuneAt.Read(source, i, out var length);
            text.Write(lower[..LowerCase.Write(rune, lower)], i);
            kept = i + length;
        }

        text.Copy(kept, source.Length - kept);
        text.EndRewrite();
    }

    private static int NextChange(ReadOnlySpan<char> source, int from)
    {
        while (from < source.Length)
        {
            var unit = source[from];
            if (char.IsAscii(unit) ? char.IsAsciiLetterUpper(unit) : LowerCase.Changes(RuneAt.Read(source, from, out _)))
            {
                break;
            }

            from += char.IsHighSurrogate(unit) ? 2 : 1;
        }

        return from;
    }
}
