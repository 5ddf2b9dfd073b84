using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Models.Check;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>Encoders from Hugging Face folders against the hidden states and pooled vectors of torch.</summary>
public sealed class EncoderImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => ["bert", "xlm-roberta"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public async Task An_encoder_gives_the_golden_states_and_vectors(string family)
    {
        ModelFolder folder = await Import(Fixture(family), WeightBits.Full);

        ModelCheckResult result = ModelCheck.Run(folder.Path, Golden(family), TestContext.Current.CancellationToken);
        result.MaxLogitDifference.ShouldBeLessThan(1e-4);
        (result.Cases, result.Tokens).ShouldBe((2, 0));
        ModelCard card = ModelCard.Read(folder);
        card.Task.ShouldBe("embedding");
        card.ContextTokens.ShouldBe(family is "bert" ? 128 : 127); // positions of XLM-R begin at its padding id + 1, here 3
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task It_works_as_the_products_embedding_model(string family)
    {
        ModelFolder folder = await Import(Fixture(family), WeightBits.Full);
        using EmbeddingModel model = Load(folder);
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Golden(family)));
        foreach (JsonElement one in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            using EmbeddingWorker worker = model.NewWorker();
            var vector = new float[64];
            worker.Embed(one.GetProperty("input_ids").Deserialize<int[]>(), vector);
            TensorPrimitives.CosineSimilarity(vector, one.GetProperty("embedding").Deserialize<float[]>()).ShouldBeGreaterThan(0.9999f);
        }

        using var generator = new OnnxEmbeddingGenerator(model, "");
        ReadOnlyMemory<float> text = await generator.GenerateVectorAsync("The tenant pays the rent. " + new string('x', 2_000), cancellationToken: TestContext.Current.CancellationToken);
        TensorPrimitives.Norm(text.Span).ShouldBe(1f, 1e-5f);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Eight_bits_keep_the_direction_of_a_vector(string family)
    {
        using EmbeddingModel exact = Load(await Import(Fixture(family), WeightBits.Full));
        using EmbeddingModel rounded = Load(await Import(Fixture(family), WeightBits.Auto, "rounded"));
        string[] texts = ["The tenant pays the rent.", "Der Mieter zahlt die Miete am dritten Werktag."];

        EmbeddedTexts one = await exact.EmbedAsync(texts, "", TestContext.Current.CancellationToken);
        EmbeddedTexts other = await rounded.EmbedAsync(texts, "", TestContext.Current.CancellationToken);
        for (int i = 0; i < texts.Length; i++)
        {
            TensorPrimitives.CosineSimilarity(one.Vectors[i], other.Vectors[i]).ShouldBeInRange(0.99f, 0.999999f); // rounded, and not by much
        }
    }

    [Theory]
    [InlineData("bert", "bert.")]
    [InlineData("xlm-roberta", "roberta.")]
    public async Task Names_behind_a_prefix_old_norms_and_training_heads_are_read(string family, string prefix)
    {
        string copy = Copy(family);
        Rewrite(Path.Combine(copy, "model.safetensors"), name => prefix + name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal), $"{prefix}pooler.dense.bias", "lm_head.bias", "cls.predictions.bias");

        ModelFolder folder = await Import(copy, WeightBits.Full);

        ModelCheck.Run(folder.Path, Golden(family), TestContext.Current.CancellationToken).MaxLogitDifference.ShouldBeLessThan(1e-4);
    }

    [Fact]
    public async Task A_folder_without_pooling_gets_the_mean_and_a_note()
    {
        string copy = Copy("bert");
        File.Delete(Path.Combine(copy, "modules.json"));

        ModelFolder folder = await Import(copy, WeightBits.Full);

        EmbeddingFolder.Of(folder).Pooling.ShouldBe([Pooling.Mean]);
        ModelCard.Read(folder).Notes.ShouldNotBeNull().ShouldHaveSingleItem().ShouldContain("pooling");
    }

    [Fact]
    public async Task A_check_compares_directions_where_the_folder_does_not_normalise_and_takes_every_row_as_an_id()
    {
        string copy = Copy("bert");
        string modules = Path.Combine(copy, "modules.json");
        await File.WriteAllTextAsync(modules, new JsonArray([.. JsonNode.Parse(await File.ReadAllBytesAsync(modules)).ShouldBeOfType<JsonArray>().Take(2).Select(module => module?.DeepClone())]).ToJsonString());
        string tokenizer = Path.Combine(copy, "tokenizer.json");
        JsonObject smaller = JsonNode.Parse(await File.ReadAllBytesAsync(tokenizer)).ShouldBeOfType<JsonObject>();
        JsonObject model = smaller["model"].ShouldBeOfType<JsonObject>();
        model["vocab"] = new JsonObject(model["vocab"].ShouldBeOfType<JsonObject>().Where(token => token.Value?.GetValue<int>() < 259).Select(token => KeyValuePair.Create(token.Key, token.Value?.DeepClone())));
        model["merges"] = new JsonArray();
        await File.WriteAllTextAsync(tokenizer, smaller.ToJsonString());
        JsonObject golden = JsonNode.Parse(await File.ReadAllBytesAsync(Golden("bert"))).ShouldBeOfType<JsonObject>();
        foreach (JsonNode? one in golden["cases"].ShouldBeOfType<JsonArray>())
        {
            JsonObject values = one.ShouldBeOfType<JsonObject>();
            values["embedding"] = new JsonArray([.. values["embedding"].ShouldBeOfType<JsonArray>().Select(value => JsonValue.Create(3 * value?.GetValue<float>()))]);
        }

        string stretched = _folder.Sub("golden.json");
        await File.WriteAllTextAsync(stretched, golden.ToJsonString());
        ModelFolder folder = await Import(copy, WeightBits.Full);

        ModelCheck.Run(folder.Path, stretched, TestContext.Current.CancellationToken).MaxLogitDifference.ShouldBeLessThan(1e-4);
    }

    [Fact]
    public async Task What_the_recipe_does_not_cover_is_refused_by_name()
    {
        (await Refusal(config => config["position_embedding_type"] = "relative_key")).ShouldContain("'relative_key'");
        (await Refusal(config => config["is_decoder"] = true)).ShouldContain("is_decoder");
        (await Refusal(config => config["hidden_act"] = "relu6")).ShouldContain("'relu6'");
        (await Refusal(config => config["num_attention_heads"] = 5)).ShouldContain("5 heads");
        (await Refusal(config => config["num_hidden_layers"] = 1)).ShouldContain("encoder.layer.1"); // a layer that nobody would compute
        (await Refusal(_ => { }, WeightBits.Four)).ShouldContain("--bits 8");
    }

    private static string Fixture(string family) => RepositoryFiles.Fixture(Path.Combine("models", "tiny", family));

    private static string Golden(string family) => Path.Combine(Fixture(family), "golden.json");

    private static EmbeddingModel Load(ModelFolder folder) => new(EmbeddingFolder.Of(folder), new InferenceRuntime(Options.Create(new RuntimeOptions { Threads = 2 }), NullLogger<InferenceRuntime>.Instance));

    private async Task<string> Refusal(Action<JsonObject> change, WeightBits bits = WeightBits.Full)
    {
        string copy = Copy("bert");
        string path = Path.Combine(copy, "config.json");
        JsonObject config = JsonNode.Parse(await File.ReadAllBytesAsync(path)).ShouldBeOfType<JsonObject>();
        change(config);
        await File.WriteAllTextAsync(path, config.ToJsonString());
        return (await Should.ThrowAsync<ModelImportException>(Import(copy, bits))).Message;
    }

    private Task<ModelFolder> Import(string source, WeightBits bits, string name = "model") =>
        ModelImporter.ImportAsync(source, _folder.Sub(name), new ModelImportOptions { Bits = bits }, progress: null, TestContext.Current.CancellationToken);

    private string Copy(string family)
    {
        string target = _folder.Sub($"copy-{Guid.CreateVersion7():n}");
        foreach (string file in Directory.EnumerateFiles(Fixture(family), "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(Fixture(family), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? target);
            File.Copy(file, copy);
        }

        return target;
    }

    /// <summary>Renames all tensors of a safetensors file and adds short vectors.</summary>
    private static void Rewrite(string path, Func<string, string> rename, params string[] added)
    {
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        JsonObject header = JsonNode.Parse(file.AsSpan(8, length)).ShouldBeOfType<JsonObject>();
        var renamed = new JsonObject();
        foreach ((string name, JsonNode? tensor) in header)
        {
            renamed[name is "__metadata__" ? name : rename(name)] = tensor?.DeepClone();
        }

        int data = file.Length - 8 - length;
        for (int i = 0; i < added.Length; i++)
        {
            renamed[added[i]] = new JsonObject { ["dtype"] = "F32", ["shape"] = new JsonArray(2), ["data_offsets"] = new JsonArray(data + (8 * i), data + (8 * i) + 8) };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(renamed);
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, json.Length);
        File.WriteAllBytes(path, [.. size, .. json, .. file.AsSpan(8 + length), .. new byte[8 * added.Length]]);
    }
}
