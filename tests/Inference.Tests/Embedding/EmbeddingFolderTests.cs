using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Tests.Models.Import;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Embedding;

/// <summary>What a sentence-transformers configuration may say.</summary>
public sealed class EmbeddingFolderTests
{
    private const string Normalize = """, { "idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize" }""";

    [Fact]
    public void All_of_the_configuration_is_read()
    {
        EmbeddingFolder folder = Open(
            ("modules.json", Modules(Normalize)),
            ("1_Pooling/config.json", """{ "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true, "pooling_mode_max_tokens": false }"""),
            ("sentence_bert_config.json", """{ "max_seq_length": 128, "do_lower_case": true }"""),
            ("config_sentence_transformers.json", """{ "prompts": { "query": "query: ", "document": "doc: " } }"""));

        folder.MaxTokens.ShouldBe(128);
        folder.Lowercase.ShouldBeTrue();
        folder.Pooling.ShouldBe([Pooling.FirstToken, Pooling.Mean]);
        folder.QueryPrefix.ShouldBe("query: ");
        folder.PassagePrefix.ShouldBe("doc: ");
    }

    [Theory]
    [InlineData("bert", 512)]
    [InlineData("xlm-roberta", 510)] // positions begin at padding id + 1
    public void Without_a_length_the_models_own_counts_and_prompts_are_optional(string type, int tokens)
    {
        EmbeddingFolder folder = Open(
            ("modules.json", Modules("")),
            ("1_Pooling/config.json", """{ "pooling_mode": "max" }"""),
            ("config.json", $$"""{ "model_type": "{{type}}", "max_position_embeddings": 512, "pad_token_id": 1 }"""));

        folder.MaxTokens.ShouldBe(tokens);
        folder.Pooling.ShouldBe([Pooling.Max]);
        folder.QueryPrefix.ShouldBe("");
        folder.Lowercase.ShouldBeFalse();
    }

    [Fact]
    public void What_is_not_computed_is_refused_by_name()
    {
        (string, string) pooling = ("1_Pooling/config.json", """{ "pooling_mode_mean_tokens": true }""");
        (string, string) config = ("config.json", """{ "model_type": "bert", "max_position_embeddings": 512 }""");
        const string Dense = """, { "idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense" }""";

        Refusal(("modules.json", Modules(Dense)), pooling, config).ShouldContain("'Dense' in '2_Dense'");
        Refusal(("modules.json", Modules("")), ("1_Pooling/config.json", """{ "pooling_mode_attention_tokens": true }"""), config).ShouldContain("'attention'");
        Refusal(("modules.json", Modules("")), pooling, config, ("config_sentence_transformers.json", """{ "similarity_fn_name": "dot" }""")).ShouldContain("'dot' without a Normalize");
        Refusal(("modules.json", Modules("")), ("1_Pooling/config.json", """{ "pooling_mode_mean_tokens": true, "include_prompt": false }"""), config).ShouldContain("include_prompt");
        Refusal(("modules.json", "[]"), pooling, config).ShouldContain("names no Pooling");
        Refusal(("modules.json", Modules("")), pooling).ShouldContain("config.json");
    }

    private static string Modules(string more) =>
        $$"""[{ "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" }, { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" }{{more}}]""";

    private static string Refusal(params (string Name, string Text)[] files) => Should.Throw<ModelFolderException>(() => Open(files)).Message;

    private static EmbeddingFolder Open(params (string Name, string Text)[] files)
    {
        using var folder = new TemporaryFolder();
        var list = new StringBuilder();
        foreach ((string name, string text) in files)
        {
            string path = Path.Combine(folder.Path, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!); // below the temporary folder, so never null
            File.WriteAllText(path, text);
            list.Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))).Append("  ").Append(name).Append('\n');
        }

        File.WriteAllText(Path.Combine(folder.Path, "SHA256SUMS"), list.ToString());
        return EmbeddingFolder.Open(folder.Path);
    }
}
