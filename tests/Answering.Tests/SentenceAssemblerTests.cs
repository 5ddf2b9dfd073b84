using EnterpriseRag.Answering.Grounding;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Answering.Tests;

public sealed class SentenceAssemblerTests
{
    [Fact]
    public void Sentences_come_out_as_soon_as_the_next_one_begins()
    {
        var assembler = new SentenceAssembler();
        assembler.Add("The notice period is 30 days [1].").ShouldBeEmpty();
        var sentence = assembler.Add(" It is").ShouldHaveSingleItem();
        sentence.Text.ShouldBe("The notice period is 30 days.");
        sentence.Cited.ShouldBe([1]);
    }

    [Fact]
    public void Markers_after_the_full_stop_belong_to_the_sentence_before()
    {
        var assembler = new SentenceAssembler();
        var sentence = assembler.Add("Fees are due at once. [2] [3] Next").ShouldHaveSingleItem();
        sentence.Cited.ShouldBe([2, 3]);
        sentence.Text.ShouldBe("Fees are due at once.");
    }

    [Theory]
    [InlineData("See Art. 17 of the contract. Then", "See Art. 17 of the contract.")]
    [InlineData("Der Vertrag beginnt am 1. Januar 2026. Er", "Der Vertrag beginnt am 1. Januar 2026.")]
    [InlineData("Dies gilt z. B. für Mieter. Es", "Dies gilt z. B. für Mieter.")]
    [InlineData("The cap is EUR 1.5 million. It", "The cap is EUR 1.5 million.")]
    [InlineData("The fee is 500. It is", "The fee is 500.")]
    [InlineData("- One line without an end\nTwo", "One line without an end")]
    public void Abbreviations_ordinals_and_decimals_do_not_end_a_sentence(string stream, string first) =>
        new SentenceAssembler().Add(stream)[0].Text.ShouldBe(first);

    [Fact]
    public void A_sentence_cut_off_by_the_token_limit_is_dropped()
    {
        var assembler = new SentenceAssembler();
        assembler.Add("The notice period is thir").ShouldBeEmpty();
        assembler.Finish(stoppedByModel: false).ShouldBeNull();
    }

    [Fact]
    public void The_same_text_gives_the_same_sentences_however_it_is_cut_into_updates()
    {
        const string Text = "First sentence here [1]. Second one, e.g. this. [2] Third ends on 3. März 2026! Last";
        var whole = Read(Text, Text.Length);
        whole.Count.ShouldBe(4);
        for (var size = 1; size < 9; size++)
        {
            Read(Text, size).ShouldBe(whole);
        }
    }

    private static List<string> Read(string text, int size)
    {
        var assembler = new SentenceAssembler();
        var sentences = text.Chunk(size).SelectMany(c => assembler.Add(new string(c))).Select(s => $"{s.Text}|{string.Join(',', s.Cited)}").ToList();
        if (assembler.Finish(stoppedByModel: true) is { } last)
        {
            sentences.Add($"{last.Text}|{string.Join(',', last.Cited)}");
        }

        return sentences;
    }
}
