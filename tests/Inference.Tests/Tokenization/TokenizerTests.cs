using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Inference.Tokenization.Text;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

public sealed class TokenizerTests
{
    [Fact]
    public void Tokens_are_found_by_text_and_by_id()
    {
        Golden.SmolLm2.TokenId("<|im_end|>").ShouldBe(2);
        Golden.SmolLm2.TokenId("Ġthe").ShouldBe(260);
        Golden.SmolLm2.TokenId("no such token").ShouldBeNull();
        Golden.SmolLm2.Token(260).ShouldBe("Ġthe");
        Golden.SmolLm2.IsSpecial(2).ShouldBeTrue();
        Golden.SmolLm2.VocabularySize.ShouldBe(49152);
        Golden.MultilingualE5.TokenId("<mask>").ShouldBe(250001);
        Golden.MultilingualE5.VocabularySize.ShouldBe(250002);
    }

    [Fact]
    public void Many_threads_encode_the_same_ids()
    {
        var (tokenizer, cases) = Golden.Of("multilingual-e5-small");

        Parallel.For(0, 600, i => tokenizer.Encode(cases[i % cases.Count].Text, new EncodeOptions(SpecialTokensInText: true)).Ids.ShouldBe(cases[i % cases.Count].Ids));
    }

    [Fact]
    public void A_warm_tokenizer_allocates_nothing_for_ids()
    {
        const string Text = "Die Kündigungsfrist beträgt drei Monate zum Quartalsende; § 622 Abs. 2 BGB bleibt unberührt.";
        foreach (var tokenizer in new[] { Golden.SmolLm2, Golden.MultilingualE5 })
        {
            List<int> ids = new(256);
            tokenizer.Encode(Text, default, ids);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                ids.Clear();
                tokenizer.Encode(Text, default, ids);
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100 * 100);
        }
    }

    [Fact]
    public void Ids_are_appended_to_what_the_list_holds()
    {
        List<int> ids = [7];

        Golden.SmolLm2.Encode("Hello, world!", default, ids).ShouldBe(4);

        ids.ShouldBe([7, 19556, 28, 905, 17]);
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("ab")]
    [InlineData("e\u0301\u0323")]
    public void A_million_characters_without_a_border_are_no_trouble(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length));

        Golden.SmolLm2.CountTokens(text).ShouldBeGreaterThan(1000);
        Golden.MultilingualE5.CountTokens(text).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Broken_surrogates_encode_as_replacement_characters()
    {
        foreach (var tokenizer in new[] { Golden.SmolLm2, Golden.MultilingualE5 })
        {
            tokenizer.Encode("a\uD800b\uDC00").Ids.ShouldBe(tokenizer.Encode("a\uFFFDb\uFFFD").Ids);
        }
    }

    [Fact]
    public void Template_tokens_stand_around_the_text_without_a_source()
    {
        var encoding = Golden.MultilingualE5.Encode("query: Hi", new EncodeOptions(AddSpecialTokens: true));

        (encoding.Ids[0], encoding.Ids[^1]).ShouldBe((0, 2));
        (encoding.Offsets[0], encoding.Offsets[^1]).ShouldBe((default, default));
        encoding.Offsets[^2].ShouldBe(new TextSpan(6, 9));
    }

    [Fact]
    public void Byte_level_spans_are_trimmed_where_the_file_says_so()
    {
        const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}""";
        var tokenizer = SmallTokenizer.Of(preTokenizer: ByteLevel, postProcessor: ByteLevel, model: SmallTokenizer.Bpe("""["Ġ a"]""", "", "Ġ", "Ġa"));

        tokenizer.Encode("b a").Offsets.ShouldBe([new TextSpan(0, 1), new TextSpan(2, 3)]);
    }

    [Fact]
    public void A_process_without_unicode_normalisation_is_refused()
    {
        Should.Throw<PlatformNotSupportedException>(() => UnicodeSupport.Require(text => text)).Message.ShouldContain("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT");
        Should.NotThrow(() => UnicodeSupport.Require());
    }
}
