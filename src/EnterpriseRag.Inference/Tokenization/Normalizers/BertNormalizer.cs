using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

[assembly: TokenizerComponent("BertNormalizer", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.BertNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>BERT's cleaning in its order: controls away, spaces around Chinese characters, accents away (NFD, then category Mn), lower case.</summary>
internal sealed class BertNormalizer(bool cleanText, bool chineseCharacters, bool stripAccents, bool lowercase) : INormalizer
{
    private readonly UnicodeFormNormalizer _decomposed = new(compatible: false, composes: false);

    public static INormalizer Read(ComponentSettings settings)
    {
        var lowercase = settings.Flag("lowercase", absent: true);
        return new BertNormalizer(
            settings.Flag("clean_text", absent: true),
            settings.Flag("handle_chinese_chars", absent: true),
            settings.Flag("strip_accents", absent: lowercase),
            lowercase);
    }

    public void Normalize(NormalizedText text)
    {
        if (cleanText)
        {
            CharacterFilter.Apply<Cleaning>(text);
        }

        if (chineseCharacters)
        {
            SetChineseApart(text);
        }

        if (stripAccents)
        {
            _decomposed.Normalize(text);
            CharacterFilter.Apply<Accents>(text);
        }

        if (lowercase)
        {
            LowercaseNormalizer.Apply(text);
        }
    }

    private static void SetChineseApart(NormalizedText text)
    {
        var source = text.Text;
        var first = NextChinese(source, 0);
        if (first == source.Length)
        {
            return;
        }

        text.BeginRewrite();
        var kept = 0;
        for (var i = first; i < source.Length; i = NextChinese(source, kept))
        {
            text.Copy(kept, i - kept);
            RuneAt.Read(source, i, out var length);
            text.Write(' ', i);
            text.Copy(i, length);
            text.Write(' ', i);
            kept = i + length;
        }

        text.Copy(kept, source.Length - kept);
        text.EndRewrite();
    }

    private static int NextChinese(ReadOnlySpan<char> source, int from)
    {
        while (from < source.Length && !(source[from] >= '\u3400' && IsChinese(RuneAt.Read(source, from, out _).Value)))
        {
            from++;
        }

        return from;
    }

    // The reference's blocks: extension E begins at 2B920 there, and later extensions are missing.
    private static bool IsChinese(int value) => value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private sealed class Cleaning : ICharacterRule
    {
        private static readonly CodePointSet s_removed = CodePointSet.Parse(ReferenceTables.Controls);

        public static CharacterChange Decide(ReadOnlySpan<char> text, int index, out int length)
        {
            length = 1;
            var unit = text[index];
            if (unit is >= ' ' and < '\u007F')
            {
                return CharacterChange.Keep;
            }

            if (unit is '\t' or '\n' or '\r')
            {
                return CharacterChange.Space;
            }

            var rune = RuneAt.Read(text, index, out length);
            return rune.Value == 0 || s_removed.Contains(rune) ? CharacterChange.Remove
                : System.Text.Rune.IsWhiteSpace(rune) ? CharacterChange.Space
                : CharacterChange.Keep;
        }
    }

    private sealed class Accents : ICharacterRule
    {
        private static readonly CodePointSet s_marks = CodePointSet.Parse(ReferenceTables.NonSpacingMarks);

        public static CharacterChange Decide(ReadOnlySpan<char> text, int index, out int length)
        {
            length = 1;
            return text[index] < '\u0300' || !s_marks.Contains(RuneAt.Read(text, index, out length)) ? CharacterChange.Keep : CharacterChange.Remove;
        }
    }
}
