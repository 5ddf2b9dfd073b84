using EnterpriseRag.Inference.Tokenization;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed class AddedTokenTests
{
    [Theory]
    [InlineData("", "a <x> b", "a/ /<x>/ /b")]
    [InlineData("\"lstrip\":true", "a  <x> b", "a/<x>/ /b")]
    [InlineData("\"rstrip\":true", "a <x> \n b", "a/ /<x>/b")]
    [InlineData("\"lstrip\":true,\"rstrip\":true", "a <x> <x> b", "a/<x>/<x>/b")]
    [InlineData("\"single_word\":true", "a<x>b <x> c", "a/x/b/ /<x>/ /c")]
    public void Settings_decide_what_a_match_takes(string settings, string text, string expected)
    {
        SmallTokenizer.Of($"[{SmallTokenizer.Added(50, "<x>", settings)}]").Tokens(text).ShouldBe(expected);
    }

    [Fact]
    public void The_longest_of_the_leftmost_matches_wins()
    {
        SmallTokenizer.Of($"[{SmallTokenizer.Added(50, "xx", "")},{SmallTokenizer.Added(51, "xxyy", "")},{SmallTokenizer.Added(52, "xyyyy", "")}]")
            .Tokens("xxyyyxx").ShouldBe("xxyy/y/xx");
    }

    [Fact]
    public void Tokens_that_are_not_special_are_found_in_plain_text()
    {
        var tokenizer = SmallTokenizer.Of($"[{SmallTokenizer.Added(50, "call", "")},{SmallTokenizer.Added(51, "end", "\"special\":true")}]");

        tokenizer.Tokens("a call end", specialTokens: false).ShouldBe("a/ /call/ /e/n/d");
        tokenizer.Decode([0, 28, 29], skipSpecialTokens: true).ShouldBe("a call");
    }

    [Fact]
    public void Normalised_tokens_are_found_in_their_normalised_form()
    {
        const string Lower = """{"type":"Replace","pattern":{"String":"X"},"content":"y"}""";
        var tokenizer = SmallTokenizer.Of($"[{SmallTokenizer.Added(50, "aX", "\"normalized\":true,\"special\":true")}]", Lower);

        tokenizer.Tokens("b ay aX").ShouldBe("b/ /aX/ /aX");
        tokenizer.Tokens("b ay", specialTokens: false).ShouldBe("b/ /a/y");
        tokenizer.Encode("b aX", new EncodeOptions(SpecialTokensInText: true)).Offsets[^1].ShouldBe(new TextSpan(2, 4));
    }

    [Fact]
    public void Normalised_tokens_in_a_prompt_are_found_in_the_template_only()
    {
        var tokenizer = SmallTokenizer.Of($"[{SmallTokenizer.Added(50, "aa", "\"normalized\":true,\"special\":true")}]", """{"type":"Replace","pattern":{"String":"X"},"content":"bb"}""");
        List<int> ids = [];

        tokenizer.EncodePrompt([new("Xaa", false), new("aa", true), new("aa", false)], ids);

        ids.ShouldBe([1, 1, 28, 0, 0, 28]);
    }

    [Fact]
    public void Ids_follow_the_vocabulary_whatever_the_file_says()
    {
        var tokenizer = SmallTokenizer.Of($"[{SmallTokenizer.Added(77, "<x>", "")},{SmallTokenizer.Added(3, "b", "")},{SmallTokenizer.Added(90, "<y>", "")}]");

        tokenizer.Encode("a<y>b<x>").Ids.ShouldBe([0, 29, 1, 28]);
        tokenizer.VocabularySize.ShouldBe(30);
    }

    [Fact]
    public void White_space_that_a_match_took_is_looked_at_again()
    {
        SmallTokenizer.Of($"[{SmallTokenizer.Added(0, "<x>", "\"rstrip\":true")},{SmallTokenizer.Added(0, "\n", "")}]").Tokens("a<x> \nb").ShouldBe("a/<x>/\n/b");
    }
}
