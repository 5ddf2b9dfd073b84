using System.Text.Json;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Languages;

public sealed class LanguageIdentifierTests
{
    private static readonly Lazy<LanguageIdentifier> s_identifier = new(() => LanguageIdentifier.Load(RepositoryFiles.Model("langid")));

    private static LanguageIdentifier Identifier => s_identifier.Value;

    [Fact]
    public void Languages_and_confidences_equal_the_golden_ones()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture("langid.json")));
        var cases = json.RootElement.GetProperty("cases").EnumerateArray().ToList();
        cases.Count.ShouldBe(144);

        foreach (var golden in cases)
        {
            var text = golden.GetProperty("text").GetString()!;
            var guess = Identifier.Identify(text);
            guess.Language.ShouldBe(golden.GetProperty("language").GetString(), text);
            guess.Confidence.ShouldBe(golden.GetProperty("confidence").GetSingle(), 0.001f, text);
        }
    }

    [Theory]
    [InlineData("notice period", "en")]
    [InlineData("Wer haftet?", "de")]
    [InlineData("§ 622 BGB", "de")]
    public void Expected_languages_settle_short_texts(string text, string language)
    {
        Identifier.Identify(text, ["de", "en"]).Language.ShouldBe(language);
    }

    [Fact]
    public void Expected_languages_leave_sentences_alone()
    {
        Identifier.Identify("Quel est le délai de préavis prévu par le contrat de travail ?", ["de", "en"]).Language.ShouldBe("fr");
    }

    [Theory]
    [InlineData("")]
    [InlineData("ok")]
    public void Text_without_known_ngrams_is_undetermined(string text)
    {
        Identifier.Identify(text).ShouldBe(new LanguageGuess("und", 0));
    }

    [Fact]
    public void Broken_surrogates_read_as_replacement_characters()
    {
        Identifier.Identify("Wer haftet \uD800 für Schäden \uDC00?").ShouldBe(Identifier.Identify("Wer haftet \uFFFD für Schäden \uFFFD?"));
    }

    [Theory]
    [InlineData("DER MIETER ZAHLT DIE MIETE", "Der Mieter zahlt die Miete", "der mieter zahlt die miete")]
    [InlineData("ΠΟΙΟΣ ΕΙΝΑΙ Ο ΝΟΜΟΣ", "ποιος ειναι ο νομος", "ποιος ειναι ο νομος")]
    [InlineData("İSTANBUL SÖZLEŞMESİ", "i\u0307stanbul sözleşmesi\u0307", "i\u0307stanbul sözleşmesi\u0307")]
    public void Capitals_read_as_lower_case(string capitals, string alsoFine, string lower)
    {
        Identifier.Identify(capitals).ShouldBe(Identifier.Identify(lower));
        Identifier.Identify(alsoFine).Language.ShouldBe(Identifier.Identify(lower).Language);
    }

    [Fact]
    public void Composed_and_decomposed_text_are_the_same()
    {
        const string Text = "Für Schäden haftet der Auftragnehmer höchstens in Höhe der Vergütung.";

        Identifier.Identify(Text.Normalize(System.Text.NormalizationForm.FormD)).ShouldBe(Identifier.Identify(Text));
    }

    [Fact]
    public void Many_threads_get_the_same_answers()
    {
        string[] texts = ["Who is liable for damage?", "Wer haftet für Schäden?", "Qui est responsable des dommages ?", "¿Quién responde por los daños?"];
        var alone = texts.Select(text => Identifier.Identify(text)).ToArray();

        Parallel.For(0, 400, i => Identifier.Identify(texts[i % texts.Length]).ShouldBe(alone[i % texts.Length]));
    }

    [Fact]
    public void An_altered_model_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("langid-");
        try
        {
            foreach (var file in Directory.GetFiles(RepositoryFiles.Model("langid")))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            using (var model = File.OpenWrite(Path.Combine(folder.FullName, "langid.bin.gz")))
            {
                model.Position = 5000;
                model.WriteByte(0);
            }

            Should.Throw<ModelFolderException>(() => LanguageIdentifier.Load(folder.FullName)).Message.ShouldContain("langid.bin.gz");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
