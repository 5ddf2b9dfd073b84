using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Metaspace", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.MetaspacePreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Writes spaces as a visible character, puts one in front, and begins a piece at each.</summary>
internal sealed class MetaspacePreTokenizer(MetaspaceSettings metaspace) : IPreTokenizer
{
    public static IPreTokenizer Read(ComponentSettings settings) => new MetaspacePreTokenizer(MetaspaceSettings.Read(settings));

    public bool NeedsSource => metaspace.Prepend == PrependScheme.First;

    public void Divide(PreTokenizedText text)
    {
        var units = text.Text.Text;
        text.Text.BeginRewrite();
        foreach (var piece in text.Pieces)
        {
            var start = text.Text.Written;
            var prefix = metaspace.Prepend == PrependScheme.Always || (metaspace.Prepend == PrependScheme.First && text.BeginsSource(piece));
            if (prefix && units[piece.Start] != ' ' && units[piece.Start] != metaspace.Replacement)
            {
                text.Text.Write(metaspace.Replacement, piece.Start);
            }

            text.Text.Copy(piece.Start, piece.Length);
            var written = text.Text.WrittenFrom(start);
            written.Replace(' ', metaspace.Replacement);
            AddPieces(text, written, start);
        }

        text.Text.EndRewrite();
        text.Commit();
    }

    private void AddPieces(PreTokenizedText text, ReadOnlySpan<char> written, int offset)
    {
        var start = 0;
        while (metaspace.Split && written[(start + 1)..].IndexOf(metaspace.Replacement) is >= 0 and var next)
        {
            text.Add(offset + start, offset + start + 1 + next);
            start += 1 + next;
        }

        text.Add(offset + start, offset + written.Length);
    }
}
