using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EnterpriseRag.Answering.Grounding;

/// <summary>What a sentence asserts in a form that can be looked up in a source: figures, dates, names, quoted words, negation.</summary>
internal sealed partial class Claims
{
    private Claims(IReadOnlySet<decimal> numbers, IReadOnlySet<DateOnly> dates, IReadOnlyList<string> names, IReadOnlyList<string> quoted, bool negated)
    {
        Numbers = numbers;
        Dates = dates;
        Names = names;
        Quoted = quoted;
        Negated = negated;
    }

    public IReadOnlySet<decimal> Numbers { get; }

    public IReadOnlySet<DateOnly> Dates { get; }

    /// <summary>Capitalised words that do not open the sentence, and words with digits or inner capitals.</summary>
    public IReadOnlyList<string> Names { get; }

    public IReadOnlyList<string> Quoted { get; }

    public bool Negated { get; }

    /// <summary>Whether a lower-case word is part of a claim: a name, a month, a number word.</summary>
    public bool Holds(string word) =>
        NumberWords.ContainsKey(word) || MonthNumbers.ContainsKey(word) || Names.Any(n => string.Equals(n, word, StringComparison.OrdinalIgnoreCase));

    public static Claims Of(string text)
    {
        var dates = new HashSet<DateOnly>();
        var rest = new StringBuilder(text);
        foreach (Match match in DatePattern().Matches(text))
        {
            if (TryReadDate(match, out var date))
            {
                dates.Add(date);
                rest.Remove(match.Index, match.Length).Insert(match.Index, " ", match.Length);
            }
        }

        var remaining = rest.ToString();
        var numbers = new HashSet<decimal>();
        foreach (Match match in NumberPattern().Matches(remaining))
        {
            if (TryReadNumber(match.ValueSpan, out var value))
            {
                numbers.Add(value);
            }
        }

        var names = new List<string>();
        var negated = false;
        var opensSentence = true;
        foreach (var word in Words(remaining))
        {
            if (NumberWords.TryGetValue(word.ToLowerInvariant(), out var value))
            {
                numbers.Add(value);
            }
            else if (NegationPattern().IsMatch(word))
            {
                negated = true;
            }
            else if (LooksLikeName(word, opensSentence))
            {
                names.Add(word);
            }

            opensSentence = false;
        }

        var quoted = QuotedPattern().Matches(text).Select(static m => m.Groups["q"].Value).ToList();
        return new Claims(numbers, dates, names, quoted, negated);
    }

    /// <summary>Letter-and-digit words in order, without a trailing possessive.</summary>
    public static IEnumerable<string> Words(string text)
    {
        foreach (Match match in WordPattern().Matches(text))
        {
            var word = match.Value;
            yield return word.EndsWith("'s", StringComparison.Ordinal) || word.EndsWith("’s", StringComparison.Ordinal) ? word[..^2] : word;
        }
    }

    private static bool LooksLikeName(string word, bool opensSentence)
    {
        if (word.Length < 2 || !char.IsLetter(word[0]))
        {
            return false;
        }

        var innerCapital = word.AsSpan(1).IndexOfAnyInRange('A', 'Z') >= 0;
        return innerCapital || (!opensSentence && char.IsUpper(word[0]) && !MonthNumbers.ContainsKey(word.ToLowerInvariant()));
    }

    private static bool TryReadNumber(ReadOnlySpan<char> digits, out decimal value)
    {
        // "1.000,50" and "1,000.50" are the same figure: the last separator is a decimal mark unless exactly three digits follow it.
        var last = digits.LastIndexOfAny('.', ',');
        var hasFraction = last >= 0 && digits.Length - last - 1 != 3;
        Span<char> plain = stackalloc char[digits.Length];
        var length = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            if (char.IsAsciiDigit(digits[i]))
            {
                plain[length++] = digits[i];
            }
            else if (i == last && hasFraction)
            {
                plain[length++] = '.';
            }
        }

        return decimal.TryParse(plain[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryReadDate(Match match, out DateOnly date)
    {
        int Group(string name) => match.Groups[name].Success ? int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var month = match.Groups["name"].Success ? MonthNumbers[match.Groups["name"].Value.ToLowerInvariant()] : Group("m");
        var (year, day) = (Group("y"), Group("d"));
        date = default;
        if (month is < 1 or > 12 || year < 1 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        date = new DateOnly(year, month, day);
        return true;
    }

    private static readonly Dictionary<string, int> MonthNumbers = new(StringComparer.Ordinal)
    {
        ["january"] = 1, ["february"] = 2, ["march"] = 3, ["april"] = 4, ["may"] = 5, ["june"] = 6, ["july"] = 7, ["august"] = 8,
        ["september"] = 9, ["october"] = 10, ["november"] = 11, ["december"] = 12,
        ["januar"] = 1, ["februar"] = 2, ["märz"] = 3, ["mai"] = 5, ["juni"] = 6, ["juli"] = 7, ["oktober"] = 10, ["dezember"] = 12,
    };

    // "one" and "ein" are left out: they are articles and pronouns far more often than figures.
    private static readonly Dictionary<string, decimal> NumberWords = new(StringComparer.Ordinal)
    {
        ["two"] = 2, ["three"] = 3, ["four"] = 4, ["five"] = 5, ["six"] = 6, ["seven"] = 7, ["eight"] = 8, ["nine"] = 9, ["ten"] = 10,
        ["eleven"] = 11, ["twelve"] = 12, ["fourteen"] = 14, ["fifteen"] = 15, ["twenty"] = 20, ["thirty"] = 30, ["forty"] = 40, ["forty-five"] = 45,
        ["fifty"] = 50, ["sixty"] = 60, ["ninety"] = 90, ["hundred"] = 100,
        ["zwei"] = 2, ["drei"] = 3, ["vier"] = 4, ["fünf"] = 5, ["sechs"] = 6, ["sieben"] = 7, ["acht"] = 8, ["neun"] = 9, ["zehn"] = 10, ["elf"] = 11,
        ["zwölf"] = 12, ["vierzehn"] = 14, ["fünfzehn"] = 15, ["zwanzig"] = 20, ["dreißig"] = 30, ["vierzig"] = 40, ["fünfzig"] = 50,
        ["sechzig"] = 60, ["neunzig"] = 90, ["hundert"] = 100,
    };

    [GeneratedRegex(@"(?<![\d.])(?:(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})|(?<d>\d{1,2})\.\s?(?<m>\d{1,2})\.(?<y>\d{4})|(?<d>\d{1,2})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?<name>january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember),?\s+(?<y>\d{4})|(?<name>january|february|march|april|may|june|july|august|september|october|november|december)\s+(?<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?<y>\d{4}))(?!\d)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DatePattern();

    [GeneratedRegex(@"\d+(?:[.,]\d+)*", RegexOptions.CultureInvariant)]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['’\-][\p{L}\p{N}]+)*", RegexOptions.CultureInvariant)]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"^(?:not|no|never|neither|nor|none|nothing|without|cannot|.+n['’]t|nicht|kein(?:e[mnrs]?)?|nie|niemals|nichts|niemand|ohne|weder|keinesfalls|unless|except|außer)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NegationPattern();

    [GeneratedRegex("[\"“„«](?<q>[^\"“”„«»]{2,}?)[\"”“»]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex QuotedPattern();
}
