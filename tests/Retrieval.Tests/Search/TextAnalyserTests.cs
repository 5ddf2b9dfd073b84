using EnterpriseRag.Retrieval.Search.Lexical;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Search;

public sealed class TextAnalyserTests
{
    [Theory]
    [InlineData("Kündigung", "Kuendigung", "KÜNDIGUNG", "Ku\u0308ndigung", "Kündi\u00ADgung")]
    [InlineData("Straße", "Strasse", "STRASSE", "straße", "Straſſe")]
    [InlineData("café", "cafe", "CAFÉ", "cafe\u0301", "ｃafé")]
    public void Spellings_of_one_word_give_one_term(string a, string b, string c, string d, string e)
    {
        new[] { a, b, c, d, e }.Select(Terms).Select(t => string.Join(' ', t)).Distinct().Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("§ 5 Abs. 2", "sec:5 abs:2")]
    [InlineData("§5", "sec:5")]
    [InlineData("Section 5a", "sec:5a")]
    [InlineData("Art. 17 Absatz 3", "art:17 abs:3")]
    [InlineData("Article 17 and Annex III", "art:17 annex:iii")]
    [InlineData("Artikel 17", "art:17")]
    [InlineData("Ziffer 5.2.1", "sec:5.2.1")]
    [InlineData("the article says 17 things", "")]
    public void References_have_one_spelling_in_both_languages(string text, string references)
    {
        TextAnalyser.Analyse(text).Where(t => t.Kind == TokenKind.Reference).Select(t => t.Term).ShouldBe(references.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("1.000.000 Euro", "1000000 euro")]
    [InlineData("1,000,000 Euro", "1000000 euro")]
    [InlineData("3,5 %", "3.5 3 5")]
    [InlineData("31.12.2024", "31.12.2024 31 12 2024")]
    [InlineData("am 3. Mai", "am 3 mai")]
    [InlineData("tenant's rent", "tenant rent")]
    [InlineData("Ende-zu-Ende", "ende zu ende")]
    [InlineData("", "")]
    [InlineData("…—\ud800 x", "x")]
    public void Numbers_and_words_are_split_as_documented(string text, string terms)
    {
        Terms(text).ShouldBe(terms.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Only_numbers_and_references_count_across_languages()
    {
        var tokens = TextAnalyser.Analyse("Did Contoso sign § 5 of the GDPR in 2024 with 5G?");
        tokens.Where(t => t.IsAnchor).Select(t => t.Term).ShouldBe(["5", "sec:5", "2024", "5g"]);
    }

    [Fact]
    public void Any_text_is_analysed_within_its_bounds()
    {
        var random = new Random(3);
        var alphabet = "aÄß§.,'’ 19\n\u0308\u00AD\ud83d\ude00ſİ\ud800Art".ToCharArray();
        for (var round = 0; round < 2000; round++)
        {
            var text = new string(Enumerable.Range(0, random.Next(30)).Select(_ => alphabet[random.Next(alphabet.Length)]).ToArray());
            foreach (var token in TextAnalyser.Analyse(text))
            {
                token.Start.ShouldBeGreaterThanOrEqualTo(0);
                (token.Start + token.Length).ShouldBeLessThanOrEqualTo(text.Length);
                token.Length.ShouldBeGreaterThan(0);
            }
        }
    }

    private static string[] Terms(string text) => TextAnalyser.Analyse(text).Select(t => t.Term).ToArray();
}
