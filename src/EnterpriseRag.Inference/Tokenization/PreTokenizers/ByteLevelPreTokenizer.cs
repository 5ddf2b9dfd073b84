using System.Text;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("ByteLevel", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.ByteLevelPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides by GPT-2's expression (if asked to) and writes each UTF-8 byte as a character of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    public static IPreTokenizer Read(ComponentSettings settings) =>
        new ByteLevelPreTokenizer(settings.Flag("add_prefix_space", absent: true), settings.Flag("use_regex", absent: true));

    public void Divide(PreTokenizedText text)
    {
        if (addPrefixSpace)
        {
            AddPrefixSpace(text);
        }

        var units = text.Text.Text;
        text.Text.BeginRewrite();
        foreach (var piece in text.Pieces)
        {
            var source = units.Slice(piece.Start, piece.Length);
            for (var i = 0; i < source.Length;)
            {
                var end = useRegex ? Gpt2Scanner.NextEnd(source, i) : source.Length;
                var written = text.Text.Written;
                WriteBytes(text.Text, piece.Start + i, piece.Start + end);
                text.Add(written, text.Text.Written);
                i = end;
            }
        }

        text.Text.EndRewrite();
        text.Commit();
    }

    private static void AddPrefixSpace(PreTokenizedText text)
    {
        var units = text.Text.Text;
        text.Text.BeginRewrite();
        foreach (var piece in text.Pieces)
        {
            var written = text.Text.Written;
            if (units[piece.Start] != ' ')
            {
                text.Text.Write(' ', piece.Start);
            }

            text.Text.Copy(piece.Start, piece.Length);
            text.Add(written, text.Text.Written);
        }

        text.Text.EndRewrite();
        text.Commit();
    }

    private static void WriteBytes(NormalizedText text, int start, int end)
    {
        Span<byte> utf8 = stackalloc byte[4];
        Span<char> characters = stackalloc char[4];
        for (var i = start; i < end;)
        {
            var unit = text.Text[i];
            if (char.IsAscii(unit))
            {
                text.Write(ByteAlphabet.Character((byte)unit), i++);
                continue;
            }

            Rune.DecodeFromUtf16(text.Text[i..end], out var rune, out var length);
            var count = rune.EncodeToUtf8(utf8);
            for (var b = 0; b < count; b++)
            {
                characters[b] = ByteAlphabet.Character(utf8[b]);
            }

            text.Write(characters[..count], i);
            i += length;
        }
    }
}
