namespace EnterpriseRag.Evaluation;

/// <summary>Splits prose of the evaluation sets into sentences at a stop that a blank and a capital, digit or quote follow.</summary>
internal static class SentenceRanges
{
    private const int ShortestSentence = 12; // "z. B. ", "Dr. ", "St. ": too short to be a sentence, so the stop belongs to an abbreviation

    public static List<(int Start, int Length)> Split(string text)
    {
        var ranges = new List<(int, int)>();
        var start = 0;
        for (var i = 0; i < text.Length - 2; i++)
        {
            if (text[i] is '.' or '!' or '?' && char.IsWhiteSpace(text[i + 1]) && Opens(text[i + 2]) && i - start >= ShortestSentence && !Abbreviates(text, i))
            {
                ranges.Add((start, i + 1 - start));
                start = i + 2;
            }
        }

        if (start < text.Length)
        {
            ranges.Add((start, text.Length - start));
        }

        return ranges;
    }

    private static bool Opens(char c) => char.IsUpper(c) || char.IsDigit(c) || c is '"' or '„' or '“' or '(' or '\'';

    // An initial ("J. Smith") or a German ordinal ("am 3. Oktober").
    private static bool Abbreviates(string text, int stop) =>
        (char.IsUpper(text[stop - 1]) && (stop < 2 || !char.IsLetter(text[stop - 2])))
        || (char.IsDigit(text[stop - 1]) && (stop < 3 || !char.IsDigit(text[stop - 2]) || !char.IsDigit(text[stop - 3])));
}
