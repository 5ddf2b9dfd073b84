using EnterpriseRag.Ingestion.Chunk;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Chunk;

public sealed class SentenceSplitterTests
{
    [Theory]
    [InlineData("Die Frist beträgt z. B. drei Monate. Sie beginnt am 1. Januar 2025.|Die Frist beträgt z. B. drei Monate.|Sie beginnt am 1. Januar 2025.")]
    [InlineData("Nach § 5 Abs. 2 Nr. 3 BGB i. V. m. Art. 7 DSGVO gilt das. Es folgt mehr.|Nach § 5 Abs. 2 Nr. 3 BGB i. V. m. Art. 7 DSGVO gilt das.|Es folgt mehr.")]
    [InlineData("Der 2. Senat des BGH entschied. Die Klage blieb ohne Erfolg.|Der 2. Senat des BGH entschied.|Die Klage blieb ohne Erfolg.")]
    [InlineData("Das Entgelt beträgt ca. 1.200,50 EUR. Die Zahlung ist am 15. fällig.|Das Entgelt beträgt ca. 1.200,50 EUR.|Die Zahlung ist am 15. fällig.")]
    [InlineData("Er kam im Jahr 2020. Danach ging er.|Er kam im Jahr 2020.|Danach ging er.")]
    [InlineData("Dr. Meier u. a. gegen die X GmbH, vgl. Rn. 12 ff. Das Gericht folgte dem.|Dr. Meier u. a. gegen die X GmbH, vgl. Rn. 12 ff.|Das Gericht folgte dem.")]
    [InlineData("Smith v. Jones, Inc. was decided. The court, e.g. in No. 12, agreed.|Smith v. Jones, Inc. was decided.|The court, e.g. in No. 12, agreed.")]
    [InlineData("Notice goes to Acme Inc. The address is known.|Notice goes to Acme Inc.|The address is known.")]
    [InlineData("J. R. Smith lives in the U.S. and pays $2.5 million. He left.|J. R. Smith lives in the U.S. and pays $2.5 million.|He left.")]
    [InlineData("See Section 5. The term ends. Version 5.2 applies.|See Section 5.|The term ends.|Version 5.2 applies.")]
    [InlineData("He said: \"It is over.\" Then he left! Why? Nobody knows.|He said: \"It is over.\"|Then he left!|Why?|Nobody knows.")]
    [InlineData("„Das gilt.“ So steht es da.|„Das gilt.“|So steht es da.")]
    [InlineData("5.2 Termination for convenience. Either party may terminate on 30 days' notice. No reason is needed.|5.2 Termination for convenience. Either party may terminate on 30 days' notice.|No reason is needed.")]
    [InlineData("1. Der Mieter zahlt monatlich. 2. Fällig ist der Dritte.|1. Der Mieter zahlt monatlich.|2. Fällig ist der Dritte.")]
    [InlineData("one row | 5\ntwo row | 6|one row \u2016 5|two row \u2016 6")]
    [InlineData("Wait... what is it? Fine.|Wait... what is it?|Fine.")]
    public void Sentences_end_where_a_reader_ends_them(string example)
    {
        var parts = example.Split('|');
        var (text, expected) = example.Contains('\u2016') ? ("one row | 5\ntwo row | 6", new[] { "one row | 5", "two row | 6" }) : (parts[0], parts[1..]);

        SentenceSplitter.Split(text).Select(s => text.Substring(s.Start, s.Length)).ShouldBe(expected);
    }

    [Fact]
    public void A_long_sentence_is_cut_at_semicolons_and_items()
    {
        var item = "the supplier delivers all goods in time and in the quality that the parties have agreed upon in writing";
        var text = $"The parties agree that: (a) {item}; (b) {item}; (c) {item}; and (d) {item}.";

        var sentences = SentenceSplitter.Split(text).Select(s => text.Substring(s.Start, s.Length)).ToList();

        sentences.Count.ShouldBeGreaterThan(2);
        sentences.ShouldAllBe(s => s.Length <= 400);
        string.Join(' ', sentences).ShouldBe(text);
    }

    [Fact]
    public void Every_letter_is_in_exactly_one_sentence_whatever_the_text()
    {
        var random = new Random(3);
        string[] bits = [". ", "? ", " ", "\n", "z. B.", "§ 5", "(a)", "Wort", "word", "1.", "12", "\"", "“", "…", "; ", "A", "é", "😀", ":", "-"];
        for (var round = 0; round < 500; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 200)).Select(_ => bits[random.Next(bits.Length)]));

            var at = 0;
            foreach (var sentence in SentenceSplitter.Split(text))
            {
                sentence.Length.ShouldBeGreaterThan(0);
                text[at..sentence.Start].ShouldAllBe(c => char.IsWhiteSpace(c));
                at = sentence.End;
            }

            text[at..].ShouldAllBe(c => char.IsWhiteSpace(c));
        }
    }
}
