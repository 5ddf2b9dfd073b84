using System.Globalization;
using System.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

namespace EnterpriseRag.Inference.Tokenization.Expressions;

/// <summary>
/// One character of the BMP for each kind of character beyond it: of the same category and script, and not named by the expression. .NET's expressions work on
/// UTF-16 units and would see two that are no letter.
/// </summary>
internal sealed class StandIns
{
    private static readonly Dictionary<UnicodeCategory, string> s_candidates = new()
    {
        [UnicodeCategory.UppercaseLetter] = "\u10A0\u2C00\u0531",
        [UnicodeCategory.LowercaseLetter] = "\u2C30\uA723\u0561",
        [UnicodeCategory.TitlecaseLetter] = "\u1F88\u1F98",
        [UnicodeCategory.ModifierLetter] = "\uA717\u02C6",
        [UnicodeCategory.OtherLetter] = "\uA000\u1401\u1200",
        [UnicodeCategory.NonSpacingMark] = "\u20D0\u1DC0",
        [UnicodeCategory.SpacingCombiningMark] = "\u1B35\u0903",
        [UnicodeCategory.EnclosingMark] = "\u20DD\u0488",
        [UnicodeCategory.DecimalDigitNumber] = "\uA620\u0E50",
        [UnicodeCategory.LetterNumber] = "\uA6E6\u2160",
        [UnicodeCategory.OtherNumber] = "\u2460\u2150",
        [UnicodeCategory.ConnectorPunctuation] = "\u203F\uFE33",
        [UnicodeCategory.DashPunctuation] = "\u2E3A\u2E17",
        [UnicodeCategory.OpenPunctuation] = "\u2E22\u2768",
        [UnicodeCategory.ClosePunctuation] = "\u2E23\u2769",
        [UnicodeCategory.InitialQuotePunctuation] = "\u2E02\u2E09",
        [UnicodeCategory.FinalQuotePunctuation] = "\u2E03\u2E0A",
        [UnicodeCategory.OtherPunctuation] = "\u2E00\uA60D",
        [UnicodeCategory.MathSymbol] = "\u2A00\u2900",
        [UnicodeCategory.CurrencySymbol] = "\u20A0\u20A2",
        [UnicodeCategory.ModifierSymbol] = "\uA700\u02C2",
        [UnicodeCategory.OtherSymbol] = "\u2800\uA490",
        [UnicodeCategory.Format] = "\u2061\u2062",
        [UnicodeCategory.PrivateUse] = "\uE000\uF000",
        [UnicodeCategory.OtherNotAssigned] = "\uFDD0\uFDD1",
    };

    // Known gap: U+16FE2, U+16FF0, U+16FF1 and U+1F200 are of these scripts, but no character of the BMP is of their category and script.
    private static readonly (string Script, UnicodeCategory Category, string Candidates)[] s_scriptCandidates =
    [
        ("Han", UnicodeCategory.OtherLetter, "\u4E00\u3400\u9FFF\uF900"),
        ("Han", UnicodeCategory.ModifierLetter, "\u3005\u303B"),
        ("Hiragana", UnicodeCategory.OtherLetter, "\u3041\u3096"),
        ("Katakana", UnicodeCategory.OtherLetter, "\u30A1\u30FA"),
        ("Katakana", UnicodeCategory.ModifierLetter, "\u30FD\u30FE"),
    ];

    private readonly char[] _byCategory = new char[32];
    private readonly char _circledLetter;
    private readonly List<(CodePointSet Characters, UnicodeCategory Category, char StandIn)> _scripts = [];

    /// <exception cref="TokenizerFormatException">The expression names all candidates of a kind.</exception>
    public StandIns(ExpressionReader expression)
    {
        foreach (var (category, candidates) in s_candidates)
        {
            _byCategory[(int)category] = Choose(candidates, expression, category.ToString());
        }

        _circledLetter = Choose("\u24B6\u24C0", expression, "circled letters");
        foreach (var (script, category, candidates) in s_scriptCandidates)
        {
            if (expression.UsesScripts && ScriptTables.Find(script) is { } ranges)
            {
                _scripts.Add((CodePointSet.Parse(ranges), category, Choose(candidates, expression, script)));
            }
        }
    }

    public char For(Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        foreach (var (characters, scriptCategory, standIn) in _scripts)
        {
            if (category == scriptCategory && characters.Contains(rune))
            {
                return standIn;
            }
        }

        return category == UnicodeCategory.OtherSymbol && WordCharacters.Contains(rune) ? _circledLetter : _byCategory[(int)category];
    }

    private static char Choose(string candidates, ExpressionReader expression, string kind)
    {
        foreach (var candidate in candidates)
        {
            if (!expression.Named.Exists(range => candidate >= range.First && candidate <= range.Last))
            {
                return candidate;
            }
        }

        throw new TokenizerFormatException($"tokenizer.json: a regular expression names so many characters that none is left to stand for {kind} beyond U+FFFF.");
    }
}
