using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Portal.Localisation;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Portal.Tests;

public sealed partial class WordsTests
{
    private static readonly Words s_english = Words.For(CultureInfo.GetCultureInfo("en"));
    private static readonly Words s_german = Words.For(CultureInfo.GetCultureInfo("de"));

    [Fact]
    public void Both_languages_have_the_same_words_with_the_same_gaps()
    {
        s_german.Keys.Order(StringComparer.Ordinal).ShouldBe(s_english.Keys.Order(StringComparer.Ordinal));
        foreach (var key in s_english.Keys)
        {
            Gaps(s_german[key]).ShouldBe(Gaps(s_english[key]), key);
        }
    }

    [Fact]
    public void Every_reason_of_a_failed_file_has_its_words()
    {
        var codes = typeof(FailureCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static f => (string)f.GetRawConstantValue()!).ToList(); // constants only
        codes.Count.ShouldBeGreaterThan(10);
        foreach (var code in codes)
        {
            s_german.Keys.ShouldContain($"js.reason.{code}");
        }
    }

    [Fact]
    public void Scripts_ask_only_for_words_that_there_are()
    {
        var scripts = Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, "src", "EnterpriseRag.Portal", "wwwroot", "js"), "*.js").ToList();
        scripts.ShouldNotBeEmpty();
        foreach (var key in scripts.SelectMany(static f => WordCall().Matches(File.ReadAllText(f))).Select(static m => m.Groups[1].Value))
        {
            s_english.Keys.ShouldContain($"js.{key}");
        }
    }

    private static string Gaps(string text) => string.Concat(Gap().Matches(text).Select(static m => m.Value).Order(StringComparer.Ordinal));

    [GeneratedRegex("\\{\\d\\}", RegexOptions.NonBacktracking)]
    private static partial Regex Gap();

    [GeneratedRegex("word\\(\"([a-z_.\\-]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex WordCall();
}
