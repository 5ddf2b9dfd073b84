using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Check;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tests.Models.Import.Families;
using EnterpriseRag.Inference.Tests.Models.Import.HuggingFace;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Adapters;

/// <summary>LoRA adapters: against torch with the merged weights, and against our own import of merged weights for families whose rows are regrouped.</summary>
public sealed class AdapterTests : IDisposable
{
    private const double Scale = 2.5; // alpha 7.5 by rank 3

    private readonly TemporaryFolder _folder = new();

    private static string Peft => RepositoryFiles.Fixture("models/tiny-lora/llama3");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_PEFT_adapter_gives_the_golden_logits_and_tokens(bool imported)
    {
        ModelFolder model = await Import(PublishedModel.FixtureFolder("llama3"), "model");
        string adapter = imported ? AdapterImporter.Import(Peft, model.Path, _folder.Sub("adapter"), replace: false, TestContext.Current.CancellationToken).Path : Peft;

        ModelCheckResult result = ModelCheck.Run(model.Path, Path.Combine(Peft, "golden.json"), adapter, TestContext.Current.CancellationToken);

        result.MaxLogitDifference.ShouldBeLessThan(1e-4);
        result.EqualTokens.ShouldBe(48);
        // The same folder without it: another model.
        ModelCheck.Run(model.Path, Path.Combine(Peft, "golden.json"), TestContext.Current.CancellationToken).MaxLogitDifference.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task An_imported_adapter_has_a_card_and_checksums_and_belongs_to_one_model()
    {
        ModelFolder model = await Import(PublishedModel.FixtureFolder("llama3"), "model");
        ModelFolder adapter = AdapterImporter.Import(Peft, model.Path, _folder.Sub("adapter"), replace: false, TestContext.Current.CancellationToken);

        ModelCard card = ModelCard.Read(adapter);
        (card.Task, card.Approval).ShouldBe(("adapter", ModelApproval.Unreviewed));
        card.Base.ShouldBe(new ModelCardBase("model", model.Sha256));
        AdapterImporter.Import(Peft, model.Path, _folder.Sub("again"), replace: false, TestContext.Current.CancellationToken)
            .Checksum(AdapterWeights.FileName).ShouldBe(adapter.Checksum(AdapterWeights.FileName));
        Should.Throw<ModelImportException>(() => AdapterImporter.Import(Peft, model.Path, adapter.Path, replace: false, TestContext.Current.CancellationToken)).Message.ShouldContain("--force");

        ModelFolder other = await Import(PublishedModel.FixtureFolder("qwen2"), "other");
        Should.Throw<ModelFolderException>(() => LoadedAdapter.Open(adapter, other)).Message.ShouldContain("--base other");
    }

    [Theory]
    [InlineData("llama2", false)]
    [InlineData("llama2", true)] // interleaved heads
    [InlineData("phi3", false)] // stacked query, key, value; stacked gate and up
    [InlineData("phi3", true)]
    [InlineData("pythia", false)] // a head's rows together, a quarter of them turns
    [InlineData("falcon", false)]
    [InlineData("falcon-new", false)] // grouped
    [InlineData("mixtral", false)]
    [InlineData("gemma2", false)]
    public async Task Base_and_adapter_equal_the_merged_model(string family, bool gguf)
    {
        PublishedModel model = PublishedModel.Fixture(family);
        var adapter = new SafetensorsWriter();
        var merged = new Dictionary<string, PublishedTensor>(StringComparer.Ordinal);
        var random = new Random(7);
        foreach ((string name, PublishedTensor tensor) in model.Tensors)
        {
            merged[name] = tensor.Shape.Length == 2 && name.Contains("layers.", StringComparison.Ordinal) | name.Contains(".h.", StringComparison.Ordinal) && !name.Contains("gate.weight", StringComparison.Ordinal)
                ? Merge(adapter, name, tensor, random)
                : tensor;
        }

        string peft = WritePeft(adapter.ToBytes());
        ModelFolder alone = await Import(Write(model, gguf, "published"), "alone");
        ModelFolder whole = await Import((model with { Tensors = merged }).WriteFolder(_folder.Sub("merged")), "whole");

        float[] expected = Logits(whole, adapter: null);
        Difference(Logits(alone, peft), expected).ShouldBeLessThan(1e-3f);
        Difference(Logits(alone, adapter: null), expected).ShouldBeGreaterThan(0.05f);
    }

    [Fact]
    public async Task What_is_not_plain_LoRA_is_refused_by_name()
    {
        ModelFolder model = await Import(PublishedModel.FixtureFolder("llama3"), "model");
        AdapterSlots slots = AdapterImporter.SlotsOf(model);

        Refusal(config => config["use_dora"] = true).ShouldContain("use_dora");
        Refusal(config => config["bias"] = "all").ShouldContain("bias 'all'");
        Refusal(config => config["modules_to_save"] = new JsonArray("lm_head")).ShouldContain("modules_to_save");
        Refusal(config => config["peft_type"] = "IA3").ShouldContain("'IA3'");
        Refusal(config => config["r"] = 8).ShouldContain("ranks 4");
        Refusal(config => config["rank_pattern"] = new JsonObject { ["layers.[01]"] = 4 }).ShouldContain("'layers.[01]'");

        var unknown = new SafetensorsWriter();
        Add(unknown, "model.layers.0.self_attn.other_proj", rows: 64, columns: 64, rank: 3, new Random(1), _ => { });
        Should.Throw<ModelImportException>(() => PeftAdapter.Read(WritePeft(unknown.ToBytes()), slots)).Message.ShouldContain("other_proj");

        var narrow = new SafetensorsWriter();
        Add(narrow, "model.layers.0.self_attn.q_proj", rows: 64, columns: 32, rank: 3, new Random(1), _ => { });
        Should.Throw<ModelImportException>(() => PeftAdapter.Read(WritePeft(narrow.ToBytes()), slots)).Message.ShouldContain("32 inputs");

        string Refusal(Action<JsonObject> change)
        {
            string copy = _folder.Sub($"peft-{Guid.CreateVersion7():n}");
            Directory.CreateDirectory(copy);
            File.Copy(Path.Combine(Peft, PeftAdapter.WeightsName), Path.Combine(copy, PeftAdapter.WeightsName));
            JsonObject config = PublishedModel.Parse(Path.Combine(Peft, PeftAdapter.ConfigName));
            change(config);
            File.WriteAllText(Path.Combine(copy, PeftAdapter.ConfigName), config.ToJsonString());
            return Should.Throw<ModelImportException>(() => PeftAdapter.Read(copy, slots)).Message;
        }
    }

    [Fact]
    public async Task A_folder_without_slots_says_so()
    {
        ModelFolder model = await Import(PublishedModel.FixtureFolder("llama3"), "model");
        string copy = _folder.Sub("old");
        Directory.CreateDirectory(copy);
        foreach (string file in model.Files.Where(file => file is not AdapterSlots.FileName))
        {
            File.Copy(model.File(file), Path.Combine(copy, file));
        }

        Should.Throw<ModelImportException>(() => AdapterImporter.SlotsOf(ModelFolder.OpenUnlisted(copy))).Message.ShouldContain("Import the model again");
    }

    private static PublishedTensor Merge(SafetensorsWriter adapter, string name, PublishedTensor tensor, Random random)
    {
        var (rows, columns) = ((int)tensor.Shape[0], (int)tensor.Shape[1]);
        float[] merged = [.. tensor.Values];
        Add(adapter, AdapterSlots.Module(name), rows, columns, rank: 3, random, product =>
        {
            for (int i = 0; i < merged.Length; i++)
            {
                merged[i] += (float)(Scale * product[i]);
            }
        });
        return tensor with { Values = merged };
    }

    /// <summary>Writes random A [r, K] and B [N, r] and hands over B·A, [N, K].</summary>
    private static void Add(SafetensorsWriter adapter, string module, int rows, int columns, int rank, Random random, Action<double[]> product)
    {
        float[] a = [.. Enumerable.Range(0, rank * columns).Select(_ => (float)((random.NextDouble() - 0.5) * 0.3))];
        float[] b = [.. Enumerable.Range(0, rows * rank).Select(_ => (float)((random.NextDouble() - 0.5) * 0.3))];
        adapter.Tensor($"base_model.model.{module}.lora_A.weight", "F32", [rank, columns], PublishedModel.Encode(a, "F32"));
        adapter.Tensor($"base_model.model.{module}.lora_B.weight", "F32", [rows, rank], PublishedModel.Encode(b, "F32"));
        var values = new double[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                values[(row * columns) + column] = Enumerable.Range(0, rank).Sum(r => (double)b[(row * rank) + r] * a[(r * columns) + column]);
            }
        }

        product(values);
    }

    private static float[] Logits(ModelFolder folder, string? adapter)
    {
        using var decoder = new Decoder(folder, GenAiConfig.Read(folder), new InferenceRuntime(Options.Create(new RuntimeOptions { Threads = 1 }), NullLogger<InferenceRuntime>.Instance), 64 << 20);
        if (adapter is not null)
        {
            decoder.AddAdapter("a", LoadedAdapter.Of(PeftAdapter.Read(adapter, AdapterImporter.SlotsOf(folder))));
        }

        return new DecoderSequence(decoder, adapter is null ? null : "a").Append([5, 17, 300, 42, 9, 77, 410]).ToArray();
    }

    private static float Difference(float[] one, float[] other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Max();

    private string Write(PublishedModel model, bool gguf, string name) => gguf ? _folder.Write($"{name}.gguf", GgufConversion.Of(model).ToBytes()) : model.WriteFolder(_folder.Sub(name));

    private string WritePeft(byte[] weights)
    {
        string folder = _folder.Sub($"peft-{Guid.CreateVersion7():n}");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, PeftAdapter.WeightsName), weights);
        File.WriteAllText(Path.Combine(folder, PeftAdapter.ConfigName), """{ "peft_type": "LORA", "r": 3, "lora_alpha": 7.5, "bias": "none", "use_dora": false, "modules_to_save": null }""");
        return folder;
    }

    private Task<ModelFolder> Import(string source, string name) =>
        ModelImporter.ImportAsync(source, _folder.Sub(name), new ModelImportOptions { Bits = WeightBits.Full }, progress: null, TestContext.Current.CancellationToken);
}
