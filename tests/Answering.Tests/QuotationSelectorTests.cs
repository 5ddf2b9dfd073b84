using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Answering.Citations;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Search;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Answering.Tests;

public sealed class QuotationSelectorTests
{
    private static int s_ids;

    [Fact]
    public void The_sentence_that_is_closest_and_shares_terms_comes_first()
    {
        var result = Found("en", Passage("en", 0.86f, ("The term is three years from signature.", 0.84f, 0f), ("Notice is sixty days in writing.", 0.86f, 0.5f)));
        QuotationSelector.Select(result)[0].Text.ShouldBe("Notice is sixty days in writing.");
    }

    [Fact]
    public void At_most_three_quotations_are_chosen() =>
        QuotationSelector.Select(Found("en", Enumerable.Range(0, 5).Select(i => Passage("en", 0.85f, ($"This is sentence number {i} of the five.", 0.85f, 0f))).ToArray()))
            .Count.ShouldBe(3);

    [Fact]
    public void The_same_words_are_not_quoted_twice()
    {
        const string Same = "Overlapping passages repeat this sentence.";
        QuotationSelector.Select(Found("en", Passage("en", 0.85f, (Same, 0.85f, 0f)), Passage("en", 0.84f, (Same, 0.85f, 0f)))).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_heading_stands_behind_sentences()
    {
        var result = Found("en", Passage("en", 0.85f, ("12. Termination", 0.87f, 0f), ("The Customer may terminate at any time with notice.", 0.85f, 0f)));
        QuotationSelector.Select(result)[0].Text.ShouldStartWith("The Customer");
    }

    [Fact]
    public void A_passage_in_the_other_language_is_quoted_although_its_cosines_are_lower()
    {
        var weak = Enumerable.Range(0, 3).Select(i => Passage("en", 0.81f, ($"An unrelated English sentence, number {i}.", 0.81f, 0f)));
        var result = Found("en", [.. weak, Passage("de", 0.805f, ("Die Frist beträgt sechzig Tage ab Zugang.", 0.815f, 0f))]);
        QuotationSelector.Select(result)[0].Passage.Language.ShouldBe("de");
    }

    [Fact]
    public void Nothing_found_means_nothing_quoted_and_no_evidence()
    {
        var result = Found("en");
        var quotations = QuotationSelector.Select(result);
        quotations.ShouldBeEmpty();
        EvidenceGate.IsEnough(result, quotations).ShouldBeFalse();
    }

    [Theory]
    [InlineData("en", 0.88f, 0f, true)]
    [InlineData("en", 0.82f, 0f, false)]
    [InlineData("en", 0.82f, 0.6f, true)]
    [InlineData("de", 0.82f, 0f, true)]
    [InlineData("de", 0.77f, 0f, false)]
    public void Evidence_is_judged_by_the_pair_of_languages_and_shared_terms(string language, float cosine, float terms, bool enough)
    {
        var result = Found("en", Passage(language, cosine, ("A sentence that may be evidence or not.", cosine, terms)));
        EvidenceGate.IsEnough(result, QuotationSelector.Select(result)).ShouldBe(enough);
    }

    private static SearchResult Found(string language, params Passage[] passages) => new(language, passages, 0, 0, "index@1", new string('0', 64));

    private static Passage Passage(string language, float cosine, params (string Text, float Cosine, float Terms)[] sentences)
    {
        var text = string.Join(' ', sentences.Select(s => s.Text));
        var ranges = sentences.Select(s => new PassageSentence(text.IndexOf(s.Text, StringComparison.Ordinal), s.Text.Length, language, s.Cosine, s.Terms)).ToList();
        Guid Id() => new(++s_ids, 0, 0, new byte[8]);
        return new Passage(new MatterId(Id()), new DocumentId(Id()), new DocumentVersionId(Id()), "document", 0, 1, 0, [], language, text, cosine, cosine, 0, ranges);
    }
}
