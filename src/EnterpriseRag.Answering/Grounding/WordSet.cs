using System.Globalization;

namespace EnterpriseRag.Answering.Grounding;

/// <summary>Word sequences for comparing a sentence with its source: lower case, without punctuation.</summary>
internal static class WordSet
{
    // Inflection in English and German changes the end of a word; four letters keep "notice" and "noticed", "Frist" and "Fristen" together.
    private const int StemLength = 5;

    private static readonly HashSet<string> Function = new(StringComparer.Ordinal)
    {
        "the", "a", "an", "of", "to", "in", "on", "at", "by", "for", "with", "from", "and", "or", "is", "are", "was", "were", "be", "been", "it", "its", "this",
        "that", "these", "those", "as", "can", "may", "must", "shall", "will", "has", "have", "had", "which", "who", "they", "their", "he", "she", "there",
        "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines", "und", "oder", "in", "im", "am", "an", "auf", "von", "vom",
        "zu", "zum", "zur", "mit", "für", "bei", "ist", "sind", "war", "wird", "werden", "kann", "können", "muss", "müssen", "hat", "haben", "es", "er", "sie",
        "sich", "als", "dass", "nach", "aus", "durch",
    };

    public static List<string> Sequence(string text) => Claims.Words(text).Select(static w => w.ToLower(CultureInfo.InvariantCulture)).ToList();

    public static List<string> Content(List<string> words) => words.Where(static w => w.Length > 1 && !Function.Contains(w)).ToList();

    /// <summary>Share of <paramref name="content"/> whose word form stands in <paramref name="source"/>; 1 for no content words.</summary>
    public static float Coverage(List<string> content, List<string> source)
    {
        if (content.Count == 0)
        {
            return 1;
        }

        var set = source.ToHashSet(StringComparer.Ordinal);
        return (float)content.Count(w => HasForm(set, w)) / content.Count;
    }

    public static bool HasForm(HashSet<string> source, string word) =>
        source.Contains(word)
        || (word.Length >= StemLength && !char.IsDigit(word[0]) && source.Any(s => s.Length >= StemLength && s.AsSpan(0, StemLength).SequenceEqual(word.AsSpan(0, StemLength))));

    public static bool ContainsRun(List<string> source, List<string> run)
    {
        for (var start = 0; start + run.Count <= source.Count; start++)
        {
            var i = 0;
            while (i < run.Count && string.Equals(source[start + i], run[i], StringComparison.Ordinal))
            {
                i++;
            }

            if (i == run.Count)
            {
                return true;
            }
        }

        return false;
    }
}
