using EnterpriseRag.Inference.Tokenization;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed class TokenStreamDecoderTests
{
    [Theory]
    [MemberData(nameof(Golden.Names), MemberType = typeof(Golden))]
    public void Streamed_texts_join_to_the_whole_and_never_hold_a_broken_character(string name)
    {
        var (tokenizer, cases) = Golden.Of(name);
        foreach (var golden in cases)
        {
            var stream = new TokenStreamDecoder(tokenizer, skipSpecialTokens: false);
            var parts = golden.Ids.Select(stream.Push).ToList();
            parts.Add(stream.Finish());

            string.Concat(parts).ShouldBe(golden.Decoded);
            parts.ShouldAllBe(part => !part.Contains('\uFFFD') && !char.IsHighSurrogate(part.LastOrDefault()));
        }
    }

    [Fact]
    public void Parts_of_a_character_are_held_back_until_it_is_complete()
    {
        var ids = Golden.SmolLm2.Encode("a😀b").Ids;
        ids.Length.ShouldBeGreaterThan(3);
        var stream = new TokenStreamDecoder(Golden.SmolLm2, skipSpecialTokens: false);

        ids.Select(stream.Push).Where(text => text.Length > 0).ShouldBe(["a", "😀", "b"]);
    }

    [Fact]
    public void An_incomplete_character_at_the_end_becomes_a_replacement_character()
    {
        var ids = Golden.SmolLm2.Encode("a😀").Ids;
        var stream = new TokenStreamDecoder(Golden.SmolLm2, skipSpecialTokens: false);
        foreach (var id in ids[..^1])
        {
            stream.Push(id);
        }

        stream.Finish().ShouldBe("\uFFFD");
    }

    [Fact]
    public void Special_tokens_and_ids_without_a_token_are_left_out()
    {
        var ids = Golden.SmolLm2.Encode("Hi").Ids;

        Golden.SmolLm2.Decode([1, .. ids, 2, 999_999, -1], skipSpecialTokens: true).ShouldBe("Hi");
        Golden.SmolLm2.Decode([1, .. ids, 2], skipSpecialTokens: false).ShouldBe("<|im_start|>Hi<|im_end|>");
        Golden.MultilingualE5.Decode([0, .. Golden.MultilingualE5.Encode("Hi there").Ids, 2], skipSpecialTokens: true).ShouldBe("Hi there");
    }
}
