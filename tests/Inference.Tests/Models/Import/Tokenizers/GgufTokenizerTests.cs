using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Tokenizers;
using EnterpriseRag.Inference.Tests.Tokenization;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Tokenizers;

/// <summary>Known tokenizers go into GGUF metadata as converters write them, and come back as tokenizers that give the golden ids.</summary>
public sealed class GgufTokenizerTests
{
    [Theory]
    [InlineData("llama3-style", "llama-bpe")]
    [InlineData("llama3-style", "llama3")]
    [InlineData("llama3-style", "llama-v3")]
    [InlineData("llama3-style", "falcon3")]
    [InlineData("qwen-style", "qwen2")]
    [InlineData("qwen-style", "deepseek-r1-qwen")]
    public void Byte_level_tokenizers_come_back(string name, string pre)
    {
        var published = Fixture(name);

        var plan = published.Import("gpt2", writer => writer.Text("tokenizer.ggml.pre", pre).Texts("tokenizer.ggml.merges", published.Merges));

        ShouldGiveTheGoldenIds(plan, name);
    }

    [Theory]
    [InlineData("gpt-4o", "fooBar12345 don't", "f o o|B a r|1 2 3|4 5| d o n ' t")] // words end where upper case begins; contractions stay; digits in threes
    [InlineData("tekken", "fooBar12 don't", "f o o|B a r|1|2| d o n|' t")]
    [InlineData("gpt-2", "foo  12 don't", "f o o| | 1 2| d o n|' t")]
    [InlineData("starcoder", "foo 12", "f o o| |1|2")]
    [InlineData("falcon", "a.. 12345", "a|. .| |1 2 3|4 5")]
    public void Splitters_cut_as_their_expressions_say(string pre, string text, string pieces)
    {
        // The byte alphabet with merges that join any two neighbours once: what is joined shows where text was not cut.
        var expected = string.Concat(pieces.Split('|').Select(piece => $"[{string.Concat(piece.Split(' ', StringSplitOptions.RemoveEmptyEntries))}]"));
        var plan = Joining(pre, text);
        var tokenizer = GgufTokenizer.Read(plan);

        var ids = tokenizer.Encode(text).Ids;
        string.Concat(ids.Select(id => $"[{(tokenizer.Token(id) ?? "").Replace("Ġ", "", StringComparison.Ordinal)}]")).ShouldBe(expected);
        tokenizer.Decode(ids, skipSpecialTokens: false).ShouldBe(text);
    }

    [Fact]
    public void SentencePiece_with_stored_merges_comes_back()
    {
        const string Name = "sentencepiece-bpe-bytefallback";
        var published = Fixture(Name);

        var plan = published.Import("llama", writer => writer.Texts("tokenizer.ggml.merges", published.Merges).Number("tokenizer.ggml.bos_token_id", 1));

        ShouldGiveTheGoldenIds(plan, Name);
        plan.AddsBeginOfText.ShouldBeTrue();
        GgufTokenizer.Read(plan).Encode("a", new EncodeOptions(AddSpecialTokens: true)).Ids[0].ShouldBe(1);
    }

    [Fact]
    public void SentencePiece_with_scores_alone_comes_back()
    {
        const string Name = "sentencepiece-bpe-bytefallback";
        var published = Fixture(Name);
        var ranks = published.Merges.Select((merge, rank) => (Token: merge.Replace(" ", "", StringComparison.Ordinal), rank)).ToDictionary(x => x.Token, x => x.rank, StringComparer.Ordinal);
        float[] scores = [.. published.Tokens.Select(token => ranks.TryGetValue(token, out var rank) ? -rank : -1e6f)];

        var plan = published.Import("llama", writer => Reals(writer, "tokenizer.ggml.scores", scores).Number("tokenizer.ggml.bos_token_id", 1));

        ShouldGiveTheGoldenIds(plan, Name);
    }

    [Fact]
    public void SentencePiece_scores_become_ranked_merges()
    {
        string[] tokens = ["a", "b", "c", "ab", "bc", "abc", "é", "aé"];
        float[] scores = [-10, -11, -12, -2, -1, -3, -13, -2];

        ScoredMerges.Of(tokens, scores, _ => true).ShouldBe(["b c", "a b", "a é", "ab c", "a bc"]);
    }

    [Fact]
    public void SentencePiece_joins_by_score_and_falls_back_to_bytes()
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", "a", "b", "c", "▁a", "bc", "ab", "▁ab"];
        float[] scores = [.. tokens.Select(token => token switch { "bc" => -1f, "ab" => -2, "▁a" => -3, "▁ab" => -4, _ => token.Length == 1 ? -20 : 0 })];
        int[] types = [2, 3, 3, .. Enumerable.Repeat(6, 256), .. Enumerable.Repeat(1, 8)];
        var plan = Import("llama", tokens, types, writer => Reals(writer, "tokenizer.ggml.scores", scores).Number("tokenizer.ggml.bos_token_id", 1));
        var tokenizer = GgufTokenizer.Read(plan);

        Tokens(tokenizer, "abc").ShouldBe("▁a bc"); // bc first, so that ab is never formed
        Tokens(tokenizer, "ab").ShouldBe("▁ab");
        Tokens(tokenizer, "é").ShouldBe("▁ <0xC3> <0xA9>");
        tokenizer.Decode(tokenizer.Encode("ab éa").Ids, skipSpecialTokens: true).ShouldBe("ab éa");

        var bare = GgufTokenizer.Read(Import("llama", tokens, types, writer => Reals(writer, "tokenizer.ggml.scores", scores).Flag("tokenizer.ggml.add_space_prefix", 0)));
        Tokens(bare, "ab").ShouldBe("ab");
        bare.Decode(bare.Encode(" ab").Ids, skipSpecialTokens: true).ShouldBe(" ab");
    }

    [Theory]
    [InlineData(true)] // as converters write them
    [InlineData(false)]
    public void Word_pieces_come_back(bool turnedRound)
    {
        var published = Fixture("all-minilm-l6-v2");
        string[] tokens = [.. published.Tokens.Select(token => !turnedRound || (token.StartsWith('[') && token.EndsWith(']')) ? token : token.StartsWith("##", StringComparison.Ordinal) ? token[2..] : "▁" + token)];

        var plan = published.Import("bert", writer => writer.Number("tokenizer.ggml.cls_token_id", 101).Number("tokenizer.ggml.seperator_token_id", 102), tokens);

        ShouldGiveTheGoldenIds(plan, "all-minilm-l6-v2");
        GgufTokenizer.Read(plan).Encode("a", new EncodeOptions(AddSpecialTokens: true)).Ids.ShouldBe([101, 1037, 102]);
    }

    [Fact]
    public void Unigram_pieces_come_back()
    {
        var path = Path.Combine(RepositoryFiles.Model("multilingual-e5-small"), "tokenizer.json");
        var published = GgufTokenizer.Of(path);
        using var file = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(path));
        var map = file.RootElement.GetProperty("normalizer").GetProperty("normalizers")[1].GetProperty("precompiled_charsmap").GetBytesFromBase64();

        var plan = published.Import("t5", writer => Bytes(Reals(writer, "tokenizer.ggml.scores", published.Scores), "tokenizer.ggml.precompiled_charsmap", map).Number("tokenizer.ggml.bos_token_id", 0).Flag("tokenizer.ggml.add_bos_token", 1));

        // Two rules of that file have no place in a GGUF: U+200D becomes a space, and <mask> takes the space before it.
        ShouldGiveTheGoldenIds(plan, "multilingual-e5-small", text => !text.Contains('\u200D', StringComparison.Ordinal) && !text.Contains("<mask>", StringComparison.Ordinal));
        GgufTokenizer.Read(plan).Encode("a", new EncodeOptions(AddSpecialTokens: true)).Ids.ShouldBe([0, 10, 2]);
    }

    [Fact]
    public void Lists_that_contradict_each_other_are_refused()
    {
        Refusal("llama", ["<unk>", "a"], [2, 1], writer => writer).ShouldContain("tokenizer.ggml.scores");
        Refusal("llama", ["<unk>", "a"], [2, 1], writer => Reals(writer, "tokenizer.ggml.scores", [1])).ShouldContain("list of scores");
        Refusal("llama", ["<unk>", "a"], [2, 1], writer => Reals(writer, "tokenizer.ggml.scores", [1, float.NaN])).ShouldContain("list of scores");
        Refusal("llama", ["b", "a"], [1, 1], writer => Reals(writer, "tokenizer.ggml.scores", [1, 2])).ShouldContain("unknown_token_id");
        Refusal("t5", ["<unk>", "a"], [2, 1], writer => Reals(writer, "tokenizer.ggml.scores", [1])).ShouldContain("list of scores");
        Refusal("bert", ["a", "b"], [1, 1], writer => writer).ShouldContain("unknown_token_id");
        Refusal("gpt2", ["a", "b"], [1, 1], writer => writer.Text("tokenizer.ggml.pre", "default")).ShouldContain("'default'");
        Refusal("rwkv", ["a", "b"], [1, 1], writer => writer).ShouldContain("'rwkv'");
    }

    private static GgufTokenizer Fixture(string name) => GgufTokenizer.Of(RepositoryFiles.Fixture(Path.Combine("tokenizers", name + ".json")));

    private static void ShouldGiveTheGoldenIds(TokenizerPlan plan, string name, Func<string, bool>? applies = null)
    {
        var tokenizer = GgufTokenizer.Read(plan);
        var cases = Golden.Of(name).Cases.Where(golden => applies?.Invoke(golden.Text) ?? true).ToList();
        cases.Count.ShouldBeGreaterThan(50);
        foreach (var golden in cases)
        {
            tokenizer.Encode(golden.Text, new EncodeOptions(SpecialTokensInText: true)).Ids.ShouldBe(golden.Ids, golden.Text);
            tokenizer.Decode(golden.Ids, skipSpecialTokens: false).ShouldBe(golden.Decoded);
        }
    }

    /// <summary>A vocabulary in which every substring of the text is a token, made left to right.</summary>
    private static TokenizerPlan Joining(string pre, string text)
    {
        var spelt = text.Replace(' ', 'Ġ');
        List<string> tokens = [.. spelt.Select(c => c.ToString()).Distinct(StringComparer.Ordinal), "<end>"];
        List<string> merges = [];
        for (var start = 0; start < spelt.Length; start++)
        {
            for (var length = 2; start + length <= spelt.Length; length++)
            {
                if (!tokens.Contains(spelt.Substring(start, length), StringComparer.Ordinal))
                {
                    tokens.Add(spelt.Substring(start, length));
                    merges.Add($"{spelt.Substring(start, length - 1)} {spelt[start + length - 1]}");
                }
            }
        }

        return Import("gpt2", [.. tokens], [.. tokens.Select(token => token is "<end>" ? 3 : 1)], writer => writer.Text("tokenizer.ggml.pre", pre).Texts("tokenizer.ggml.merges", merges).Flag("tokenizer.ggml.add_bos_token", 0));
    }

    private static string Tokens(Tokenizer tokenizer, string text) => string.Join(' ', tokenizer.Encode(text).Ids.Select(tokenizer.Token));

    private static string Refusal(string kind, string[] tokens, int[] types, Func<GgufWriter, GgufWriter> change) =>
        Should.Throw<ModelImportException>(() => Import(kind, tokens, types, change)).Message;

    private static TokenizerPlan Import(string kind, string[] tokens, int[] types, Func<GgufWriter, GgufWriter> change)
    {
        var writer = change(new GgufWriter().Text("tokenizer.ggml.model", kind).Texts("tokenizer.ggml.tokens", tokens).Numbers("tokenizer.ggml.token_type", types).Number("tokenizer.ggml.eos_token_id", 1));
        using var folder = new TemporaryFolder();
        using var file = EnterpriseRag.Inference.Models.Import.Gguf.GgufFile.Open(folder.Write("tokenizer.gguf", writer.Tensor("token_embd.weight", [32], 0, new byte[128]).ToBytes()));
        return TokenizerKind.Plan(file, tokens.Length);
    }

    private static GgufWriter Reals(GgufWriter writer, string key, float[] values) => writer.Key(key, 9, binary =>
    {
        binary.Write(6u);
        binary.Write((ulong)values.Length);
        Array.ForEach(values, binary.Write);
    });

    private static GgufWriter Bytes(GgufWriter writer, string key, byte[] values) => writer.Key(key, 9, binary =>
    {
        binary.Write(0u);
        binary.Write((ulong)values.Length);
        binary.Write(values);
    });
}
