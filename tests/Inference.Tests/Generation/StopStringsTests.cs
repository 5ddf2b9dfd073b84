using System.Text;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Tests.Tokenization;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Inference.Tokenization.Text;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class StopStringsTests
{
    [Fact]
    public void Without_stop_strings_text_passes_at_once()
    {
        var stops = new StopStrings(null);

        stops.Push("any text").ShouldBe("any text");
        stops.Finish().ShouldBe("");
    }

    [Theory]
    [InlineData("one END two", "one ", true)]
    [InlineData("one EN", "one EN", false)]
    [InlineData("EEND", "E", true)]
    [InlineData("STOPEND", "", true)]
    [InlineData("no stop here", "no stop here", false)]
    public void The_result_does_not_depend_on_how_the_text_is_cut(string text, string expected, bool found)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            var stops = new StopStrings(["END", "STOP"]);

            string result = string.Concat(text.Chunk(size).Select(piece => stops.Push(new string(piece)))) + stops.Finish();

            result.ShouldBe(expected);
            stops.Found.ShouldBe(found);
        }
    }

    [Theory]
    [InlineData("abcd", "a", "bc", "abcd")]
    [InlineData("xabcabd", "x", "abcabd", "cabd")]
    [InlineData("aab", "a", "ab", "aac")]
    [InlineData("äöüß🧾!", "äö", "üß🧾", "ß?")]
    [InlineData("abab", "", "abab", "bab")]
    public void Stop_strings_that_overlap_end_the_text_where_the_first_is_complete(string text, string expected, string one, string other)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            var stops = new StopStrings([one, other]);

            (string.Concat(text.Chunk(size).Select(piece => stops.Push(new string(piece)))) + stops.Finish()).ShouldBe(expected);
            stops.Found.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("Ende 🧾 aus", "🧾", "Ende ")]
    [InlineData("größer", "ß", "grö")]
    public void A_character_that_several_tokens_spell_is_found_whole(string text, string stop, string expected)
    {
        Tokenizer tokenizer = Golden.SmolLm2;
        var decoder = new TokenStreamDecoder(tokenizer, skipSpecialTokens: true);
        var stops = new StopStrings([stop]);
        var result = new StringBuilder();
        // Byte by byte: each is a token of its own in this vocabulary.
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            result.Append(stops.Push(decoder.Push(tokenizer.TokenId(ByteAlphabet.Character(value).ToString())!.Value))); // in the vocabulary
        }

        result.ToString().ShouldBe(expected);
        stops.Found.ShouldBeTrue();
    }

    [Fact]
    public void Only_what_may_become_a_stop_string_is_held_back()
    {
        var stops = new StopStrings(["\n\n"]);

        stops.Push("line\n").ShouldBe("line");
        stops.Push("next").ShouldBe("\nnext");
    }
}
