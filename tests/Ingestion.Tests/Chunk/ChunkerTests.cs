using EnterpriseRag.Ingestion.Chunk;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Extract.Text;
using EnterpriseRag.Storage.Documents;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Chunk;

public sealed class ChunkerTests
{
    private static readonly ChunkOptions s_options = new();

    [Fact]
    public void A_short_document_stays_one_passage()
    {
        var text = string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog near the river bank. ", 19)).Trim();
        text.Length.ShouldBeInRange(1200, 1300);

        var (document, passages) = Chunked(text);

        var passage = passages.ShouldHaveSingleItem();
        TextOf(document, passage).ShouldBe(text);
        passage.Sentences.Count.ShouldBe(19);
    }

    [Fact]
    public void A_clause_with_its_items_stays_whole_under_its_heading()
    {
        var (document, passages) = Chunked(
            """
            § 7 Haftung

            1. Der Anbieter haftet unbeschränkt bei:

            (a) Vorsatz und grober Fahrlässigkeit;

            (b) Verletzung von Leben, Körper und Gesundheit.

            § 8 Kündigung

            Der Vertrag kann von jeder Partei mit einer Frist von drei Monaten zum Ende eines Kalendervierteljahres ohne Angabe von Gründen ordentlich gekündigt werden, frühestens aber zum Ende des zweiten Vertragsjahres.
            """);

        passages.Select(p => p.HeadingPath.LastOrDefault()).ShouldBe(["§ 7 Haftung", "§ 8 Kündigung"]);
        TextOf(document, passages[0]).ShouldEndWith("Gesundheit.");
        TextOf(document, passages[1]).ShouldStartWith("§ 8 Kündigung");
        SentencesOf(document, passages[1]).ShouldAllBe(s => !s.StartsWith('§'));
    }

    [Fact]
    public void A_long_clause_is_cut_between_sentences_and_the_parts_overlap()
    {
        var sentences = Enumerable.Range(1, 40).Select(i => $"The supplier shall fulfil duty number {i} in good time and in full.");
        var (document, passages) = Chunked("1. Duties. " + string.Join(' ', sentences));

        passages.Count.ShouldBeGreaterThan(2);
        passages.ShouldAllBe(p => p.Length <= s_options.MaxCharacters);
        foreach (var (before, after) in passages.Zip(passages.Skip(1)))
        {
            after.Start.ShouldBeLessThan(before.Start + before.Length);
            (before.Start + before.Length - after.Start).ShouldBeLessThanOrEqualTo(s_options.OverlapCharacters);
            TextOf(document, after).ShouldStartWith("The supplier");
        }
    }

    [Fact]
    public void Small_clauses_of_one_heading_share_a_passage_up_to_the_target()
    {
        var clauses = string.Join("\n\n", Enumerable.Range(1, 30).Select(i => $"{i}. The parties keep the content of attachment number {i} secret for ever."));

        var (_, passages) = Chunked(clauses);

        passages.ShouldAllBe(p => p.Length <= s_options.TargetCharacters);
        passages.Count.ShouldBeLessThan(6);
    }

    [Fact]
    public void Long_tables_are_cut_between_rows()
    {
        var builder = new DocumentTextBuilder(1_000_000);
        builder.Add(BlockKind.Table, string.Join('\n', Enumerable.Range(1, 100).Select(i => $"Article {i} | {i * 10} EUR | in stock")));
        var document = builder.Build();

        var passages = Chunker.Chunk(document, s_options);

        passages.Count.ShouldBeGreaterThan(2);
        passages.ShouldAllBe(p => p.Length <= s_options.MaxCharacters);
        passages.SelectMany(p => SentencesOf(document, p)).ShouldAllBe(s => s.StartsWith("Article ") && s.EndsWith("in stock"));
    }

    [Fact]
    public void Headings_alone_are_still_found()
    {
        var (document, passages) = Chunked("§ 1 Geltung\n\n§ 2 Vergütung");

        TextOf(document, passages.ShouldHaveSingleItem()).ShouldBe("§ 1 Geltung\n\n§ 2 Vergütung");
        passages[0].Sentences.Count.ShouldBe(2);
    }

    [Fact]
    public void The_embedded_text_names_the_headings_that_the_passage_does_not_show()
    {
        PassageText.ForEmbedding(["Agreement", "5. Term", "5.1 Notice"], "Thirty days.").ShouldBe("Agreement > 5.1 Notice\nThirty days.");
        PassageText.ForEmbedding(["5. Term"], "5. Term\n\nThirty days.").ShouldBe("5. Term\n\nThirty days.");
    }

    private static (DocumentText Document, List<Passage> Passages) Chunked(string text)
    {
        var document = PlainTextExtractor.Extract(text, new ExtractionOptions());
        var passages = Chunker.Chunk(document, s_options);
        foreach (var passage in passages)
        {
            passage.Sentences.ShouldNotBeEmpty();
            passage.Sentences.ShouldAllBe(s => s.Start >= 0 && s.End <= passage.Length);
        }

        return (document, passages);
    }

    private static string TextOf(DocumentText document, Passage passage) => document.Text.Substring(passage.Start, passage.Length);

    private static IEnumerable<string> SentencesOf(DocumentText document, Passage passage) =>
        passage.Sentences.Select(s => document.Text.Substring(passage.Start + s.Start, s.Length));
}
