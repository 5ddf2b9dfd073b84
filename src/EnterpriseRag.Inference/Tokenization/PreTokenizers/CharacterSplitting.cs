using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides at single characters.</summary>
internal static class CharacterSplitting
{
    /// <typeparam name="TDelimiters">Decides for each character; without state, so that the call is inlined.</typeparam>
    public static void Divide<TDelimiters>(PreTokenizedText text, SplitBehavior behavior)
        where TDelimiters : ICharacterDelimiters
    {
        var units = text.Text.Text;
        foreach (var piece in text.Pieces)
        {
            var divider = new PieceDivider(text, behavior);
            var end = piece.Start + piece.Length;
            var start = piece.Start;
            for (var i = start; i < end;)
            {
                var isDelimiter = TDelimiters.Contains(units, i, out var length);
                i += length;
                if (isDelimiter)
                {
                    if (i - length > start)
                    {
                        divider.Add(start, i - length, isDelimiter: false);
                    }

                    divider.Add(i - length, i, isDelimiter: true);
                    start = i;
                }
            }

            if (end > start)
            {
                divider.Add(start, end, isDelimiter: false);
            }

            divider.Finish();
        }

        text.Commit();
    }
}

/// <summary>A set of delimiters.</summary>
internal interface ICharacterDelimiters
{
    /// <summary>Whether the character at <paramref name="index"/> is one, and its length in units.</summary>
    static abstract bool Contains(ReadOnlySpan<char> text, int index, out int length);
}
