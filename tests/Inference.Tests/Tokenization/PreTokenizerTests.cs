using System.Text;
using System.Text.RegularExpressions;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.PreTokenizers;
using EnterpriseRag.Inference.Tokenization.Text;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed partial class PreTokenizerTests
{
    [Theory]
    [InlineData("I'll don't 'twas", "I/'ll/ don/'t/ '/twas")]
    [InlineData("a  b \n\n c  ", "a/ / b/ \n\n/ c/  ")]
    [InlineData("x12y!?", "x/12/y/!?")]
    [InlineData("x𠀀𝐀y 𝟙𝟚", "x𠀀𝐀y/ 𝟙𝟚")]
    public void Gpt2_scanner_divides_by_the_expression(string text, string expected)
    {
        string.Join('/', Scan(text)).ShouldBe(expected);
    }

    [Fact]
    public void Gpt2_scanner_equals_the_expression_on_random_text_of_the_bmp()
    {
        const string Alphabet = "aZéß'stremvld  \n\t0½٣.,!?-—\u00A0\u3000漢\u0301_";
        var random = new Random(11);
        for (var round = 0; round < 3000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, 24)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            Scan(text).ShouldBe(Gpt2().Matches(text).Select(match => match.Value), text);
        }
    }

    [Theory]
    [InlineData("true", "a/1/2/b/½")]
    [InlineData("false", "a/12/b/½")]
    public void Digits_stand_alone_or_in_runs(string individual, string expected)
    {
        Divide($$"""{"type":"Digits","individual_digits":{{individual}}}""", "a12b½").ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "a  b ", "▁a/▁/▁b/▁")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "a b", "a/▁b")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":false}""", "a b", "▁a▁b")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "a b", "a/▁b")]
    [InlineData("""{"type":"Metaspace","replacement":"▁"}""", " a", "▁a")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true}""", "aé b", "ĠaÃ©/Ġb")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""", "a b", "aĠb")]
    public void Pieces_follow_the_settings(string json, string text, string expected)
    {
        Divide(json, text).ShouldBe(expected);
    }

    private static string Divide(string json, string source)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        var preTokenizer = ComponentSettings.ReadOptional<IPreTokenizer>(document.RootElement, "pre_tokenizer").ShouldNotBeNull();
        var text = new PreTokenizedText();
        text.Text.Reset(source, 0, tracksSource: true);
        text.Reset(isFirst: true);
        preTokenizer.Divide(text);
        var joined = new StringBuilder();
        foreach (var piece in text.Pieces)
        {
            joined.Append(joined.Length > 0 ? "/" : "").Append(text.Text.Text.Slice(piece.Start, piece.Length));
        }

        return joined.ToString();
    }

    private static List<string> Scan(string text)
    {
        List<string> pieces = [];
        for (var i = 0; i < text.Length;)
        {
            var end = Gpt2Scanner.Shared.NextEnd(text, i);
            pieces.Add(text[i..end]);
            i = end;
        }

        return pieces;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2();
}
