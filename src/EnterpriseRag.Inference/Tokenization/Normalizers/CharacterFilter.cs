using System.Text;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>What may become of a single character.</summary>
internal enum CharacterChange
{
    Keep,
    Remove,
    Space,
}

/// <summary>Removes characters or makes spaces of them; what stays keeps its span.</summary>
internal static class CharacterFilter
{
    /// <typeparam name="TRule">Decides for each character; without state, so that the call is inlined.</typeparam>
    public static void Apply<TRule>(NormalizedText text)
        where TRule : ICharacterRule
    {
        var source = text.Text;
        var first = NextChange<TRule>(source, 0);
        if (first == source.Length)
        {
            return;
        }

        text.BeginRewrite();
        var kept = 0;
        for (var i = first; i < source.Length; i = NextChange<TRule>(source, kept))
        {
            text.Copy(kept, i - kept);
            var change = TRule.Decide(source, i, out var length);
            if (change == CharacterChange.Space)
            {
                text.Write(' ', i);
            }

            kept = i + length;
        }

        text.Copy(kept, source.Length - kept);
        text.EndRewrite();
    }

    private static int NextChange<TRule>(ReadOnlySpan<char> source, int from)
        where TRule : ICharacterRule
    {
        while (from < source.Length && TRule.Decide(source, from, out var length) == CharacterChange.Keep)
        {
            from += length;
        }

        return from;
    }
}

/// <summary>A rule of <see cref="CharacterFilter"/>.</summary>
internal interface ICharacterRule
{
    /// <summary>What becomes of the character at <paramref name="index"/> of well-formed text.</summary>
    static abstract CharacterChange Decide(ReadOnlySpan<char> text, int index, out int length);
}

/// <summary>Reads characters for the rules.</summary>
internal static class RuneAt
{
    public static Rune Read(ReadOnlySpan<char> text, int index, out int length)
    {
        Rune.DecodeFromUtf16(text[index..], out var rune, out length);
        return rune;
    }
}
