using System.Globalization;
using System.Text;
using DocumentFormat.OpenXml.Wordprocessing;

namespace EnterpriseRag.Ingestion.Extract.Office;

/// <summary>Counts lists as Word shows them: "5.2", "(a)", "§ 3". A citation must name the clause as the reader sees it, and the number is in no text run.</summary>
internal sealed class DocxNumbering
{
    private readonly Dictionary<int, ListLevel[]> _lists = [];
    private readonly Dictionary<int, (int List, Dictionary<int, int> StartOverrides, Dictionary<int, ListLevel> LevelOverrides)> _numbers = [];
    private readonly Dictionary<int, int?[]> _counters = [];
    private readonly HashSet<int> _used = [];

    public DocxNumbering(Numbering? part, DocxStyles styles)
    {
        var links = new Dictionary<int, string>();
        foreach (var list in part?.Elements<AbstractNum>() ?? [])
        {
            if (list.AbstractNumberId?.Value is not { } id)
            {
                continue;
            }

            var levels = Enumerable.Range(0, 9).Select(_ => ListLevel.Default).ToArray();
            foreach (var level in list.Elements<Level>())
            {
                if (level.LevelIndex?.Value is >= 0 and < 9 and var index)
                {
                    levels[index] = ListLevel.From(level);
                }
            }

            _lists[id] = levels;
            if (list.NumberingStyleLink?.Val?.Value is { } link)
            {
                links[id] = link;
            }
        }

        foreach (var number in part?.Elements<NumberingInstance>() ?? [])
        {
            if (number is not { NumberID.Value: var id, AbstractNumId.Val.Value: var list })
            {
                continue;
            }

            var starts = new Dictionary<int, int>();
            var overrides = new Dictionary<int, ListLevel>();
            foreach (var change in number.Elements<LevelOverride>())
            {
                if (change.LevelIndex?.Value is not (>= 0 and < 9 and var level))
                {
                    continue;
                }

                if (change.StartOverrideNumberingValue?.Val?.Value is { } start)
                {
                    starts[level] = start;
                }

                if (change.Level is { } replaced)
                {
                    overrides[level] = ListLevel.From(replaced);
                }
            }

            _numbers[id] = (list, starts, overrides);
        }

        foreach (var (list, style) in links)
        {
            if (styles.NumberOf(style) is { } number && _numbers.TryGetValue(number, out var target) && _lists.TryGetValue(target.List, out var levels))
            {
                _lists[list] = levels;
            }
        }
    }

    /// <summary>The number that Word shows before this paragraph, with a blank behind it; empty for lists without numbers; "• " for bullets.</summary>
    public string Next(int numberId, int level)
    {
        if (!_numbers.TryGetValue(numberId, out var number) || !_lists.TryGetValue(number.List, out var levels))
        {
            return "";
        }

        ListLevel At(int i) => number.LevelOverrides.GetValueOrDefault(i) ?? levels[i];
        if (!_counters.TryGetValue(number.List, out var counters))
        {
            _counters[number.List] = counters = new int?[9];
        }

        if (_used.Add(numberId))
        {
            foreach (var (overridden, start) in number.StartOverrides)
            {
                counters[overridden] = start - 1;
            }
        }

        counters[level] = counters[level] + 1 ?? At(level).Start;
        for (var i = 0; i < level; i++)
        {
            counters[i] ??= At(i).Start;
        }

        for (var i = level + 1; i < 9; i++)
        {
            // lvlRestart 0 = never restarts
            counters[i] = At(i).Restart == 0 ? counters[i] : null;
        }

        var shown = At(level);
        if (shown.Format is "bullet")
        {
            return "• ";
        }

        var text = new StringBuilder(shown.Text);
        for (var i = 0; i <= level; i++)
        {
            text.Replace("%" + (i + 1).ToString(CultureInfo.InvariantCulture), Show(counters[i] ?? 1, shown.Legal ? "decimal" : At(i).Format));
        }

        return shown.Format is "none" && shown.Text.Contains('%', StringComparison.Ordinal) || text.Length == 0 ? "" : text.Append(' ').ToString();
    }

    private static string Show(int value, string format) => format switch
    {
        "lowerLetter" => Letters(value, 'a'),
        "upperLetter" => Letters(value, 'A'),
        "lowerRoman" => Roman(value).ToLowerInvariant(),
        "upperRoman" => Roman(value),
        "decimalZero" => value.ToString("00", CultureInfo.InvariantCulture),
        "none" => "",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>a … z, aa, bb, as Word counts (not aa, ab).</summary>
    private static string Letters(int value, char first) =>
        value is < 1 or > 780 ? value.ToString(CultureInfo.InvariantCulture) : new string((char)(first + ((value - 1) % 26)), ((value - 1) / 26) + 1);

    private static string Roman(int value)
    {
        if (value is < 1 or > 3999)
        {
            return value.ToString(CultureInfo.InvariantCulture);
        }

        (int Value, string Sign)[] signs =
            [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")];
        var roman = new StringBuilder();
        foreach (var (amount, sign) in signs)
        {
            for (; value >= amount; value -= amount)
            {
                roman.Append(sign);
            }
        }

        return roman.ToString();
    }

    private sealed record ListLevel(int Start, string Format, string Text, int? Restart, bool Legal)
    {
        public static readonly ListLevel Default = new(1, "none", "", null, false);

        // InnerText, not Value: a format that this SDK does not know would throw.
        public static ListLevel From(Level level) => new(
            level.StartNumberingValue?.Val?.Value ?? 1,
            level.NumberingFormat?.Val?.InnerText ?? "decimal",
            level.LevelText?.Val?.Value ?? "",
            level.LevelRestart?.Val?.Value,
            level.IsLegalNumberingStyle is { } legal && legal.Val?.InnerText is null or "1" or "true" or "on");
    }
}
