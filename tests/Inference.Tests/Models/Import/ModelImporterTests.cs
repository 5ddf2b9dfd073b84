using System.Text.Json;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import;

public sealed class ModelImporterTests : IDisposable
{
    private static readonly ModelImportOptions s_defaults = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_model_in_the_box_becomes_a_verified_folder_with_a_card()
    {
        var source = RepositoryFiles.Model("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        var before = File.GetLastWriteTimeUtc(source);
        var stages = new Progress();

        var folder = await ModelImporter.ImportAsync(source, _folder.Sub("smollm2"), s_defaults, stages, TestContext.Current.CancellationToken);

        folder.Files.Order(StringComparer.Ordinal).ShouldBe(["adapter_slots.json", "card.json", "chat_template.jinja", "genai_config.json", "model.onnx", "model.onnx.data", "tokenizer.json", "tokenizer_config.json"]);
        File.GetLastWriteTimeUtc(source).ShouldBe(before);
        File.ReadAllText(folder.File("chat_template.jinja")).ShouldBe(File.ReadAllText(RepositoryFiles.Fixture("smollm2-chat-template.jinja")));
        new FileInfo(folder.File("model.onnx")).Length.ShouldBeLessThan(200_000);
        var card = ModelCard.Read(folder);
        card.Source.ShouldBe(new ModelCardSource("SmolLM2-135M-Instruct.Q4_1.gguf", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", 98_362_432));
        card.Licence.ShouldBe("apache-2.0");
        card.Languages.ShouldBe(["en"]);
        card.ContextTokens.ShouldBe(8_192);
        card.Parameters.ShouldBe(134_515_008);
        card.Approval.ShouldBe(ModelApproval.Unreviewed);
        var quantisation = card.Quantisation.ShouldNotBeNull();
        quantisation.Published.ShouldBe(new Dictionary<string, int> { ["F32"] = 61, ["Q4_1"] = 210, ["Q8_0"] = 1 }, ignoreOrder: true);
        quantisation.RelativeError.ShouldBeInRange(0.002, 0.01);
        var config = JsonDocument.Parse(File.ReadAllBytes(folder.File("genai_config.json"))).RootElement;
        config.GetProperty("model").GetProperty("eos_token_id").EnumerateArray().Select(id => id.GetInt32()).ShouldBe([2, 0]);
        config.GetProperty("model").GetProperty("context_length").GetInt32().ShouldBe(8_192);
        config.GetProperty("search").GetProperty("past_present_share_buffer").GetBoolean().ShouldBeTrue();
        stages.Reports.Last(report => report.Stage.StartsWith("Converting", StringComparison.Ordinal)).ShouldSatisfyAllConditions(report => report.Done.ShouldBe(report.Total));

        ModelImporter.FindExisting(source, folder.Path, s_defaults, TestContext.Current.CancellationToken)?.Sha256.ShouldBe(folder.Sha256);
    }

    [Fact]
    public async Task The_tokenizer_equals_the_published_one()
    {
        var folder = await ModelImporter.ImportAsync(RepositoryFiles.Model("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"), _folder.Sub("smollm2"), s_defaults, null, TestContext.Current.CancellationToken);

        var ours = JsonDocument.Parse(File.ReadAllBytes(folder.File("tokenizer.json"))).RootElement;
        var golden = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture("smollm2-tokenizer.json"))).RootElement;
        foreach (var part in new[] { "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder" })
        {
            JsonElement.DeepEquals(ours.GetProperty(part), golden.GetProperty(part)).ShouldBeTrue(part);
        }

        foreach (var setting in golden.GetProperty("model").EnumerateObject())
        {
            JsonElement.DeepEquals(ours.GetProperty("model").GetProperty(setting.Name), setting.Value).ShouldBeTrue(setting.Name);
        }

        ours.GetProperty("model").GetProperty("ignore_merges").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Importing_twice_gives_the_same_bytes()
    {
        var source = Tiny();

        var first = await Import(source, "one");
        var second = await Import(source, "two");

        foreach (var file in first.Files.Except(["card.json"])) // the card carries the folder's name
        {
            second.Checksum(file).ShouldBe(first.Checksum(file), file);
        }
    }

    [Fact]
    public async Task An_existing_import_is_recognised_only_with_its_own_source_and_options()
    {
        var source = Tiny();
        var folder = await Import(source, "model");

        ModelImporter.FindExisting(source, folder.Path, s_defaults, TestContext.Current.CancellationToken).ShouldNotBeNull();
        ModelImporter.FindExisting(source, folder.Path, s_defaults with { Bits = WeightBits.Full }, TestContext.Current.CancellationToken).ShouldBeNull();
        ModelImporter.FindExisting(source, folder.Path, s_defaults with { Languages = ["de"] }, TestContext.Current.CancellationToken).ShouldBeNull();
        ModelImporter.FindExisting(_folder.Write("other.gguf", TinyLlama.Writer(seed: 8).ToBytes()), folder.Path, s_defaults, TestContext.Current.CancellationToken).ShouldBeNull();
        ModelImporter.FindExisting(source, _folder.Sub("nowhere"), s_defaults, TestContext.Current.CancellationToken).ShouldBeNull();
        File.AppendAllText(folder.File("tokenizer.json"), " ");
        ModelImporter.FindExisting(source, folder.Path, s_defaults, TestContext.Current.CancellationToken).ShouldBeNull();
        (await Import(source, "model")).Sha256.ShouldBe(folder.Sha256);
    }

    [Fact]
    public async Task A_folder_of_something_else_is_replaced_only_when_asked()
    {
        var folder = await Import(Tiny(), "model");
        var other = _folder.Write("other.gguf", TinyLlama.Writer(seed: 8).ToBytes());

        (await Should.ThrowAsync<ModelImportException>(Import(other, "model"))).Message.ShouldContain("--force");
        ModelFolder.Open(folder.Path).Sha256.ShouldBe(folder.Sha256);

        var replaced = await Import(other, "model", s_defaults with { Replace = true });
        replaced.Sha256.ShouldNotBe(folder.Sha256);
        Leftovers().ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancelling_leaves_nothing_behind()
    {
        using var cancel = new CancellationTokenSource();
        var progress = new Progress(report =>
        {
            if (report.Stage.StartsWith("Converting", StringComparison.Ordinal))
            {
                cancel.Cancel();
            }
        });

        await Should.ThrowAsync<OperationCanceledException>(ModelImporter.ImportAsync(Tiny(), _folder.Sub("models/model"), s_defaults, progress, cancel.Token));

        Directory.EnumerateFileSystemEntries(_folder.Sub("models")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_folder_of_a_killed_import_is_removed_by_the_next_one()
    {
        var abandoned = Directory.CreateDirectory(_folder.Sub(".importing-model-0011aabb")).FullName;
        File.WriteAllText(Path.Combine(abandoned, "model.onnx.data"), "half");

        await Import(Tiny(), "model");

        Leftovers().ShouldBeEmpty();
        ModelRegistry.List(_folder.Path).ShouldBe([_folder.Sub("model")]);
        ModelRegistry.NewestFirst(_folder.Path)[0].ShouldBe(_folder.Sub("model"));
    }

    [Fact]
    public async Task Weights_that_are_not_numbers_are_refused_by_the_name_of_their_tensor()
    {
        var bytes = TinyLlama.Writer().ToBytes();
        BitConverter.GetBytes(float.NaN).CopyTo(bytes, bytes.Length - (TinyLlama.Hidden * 4)); // output_norm is the last tensor

        (await Should.ThrowAsync<ModelImportException>(Import(_folder.Write("nan.gguf", bytes), "model"))).Message.ShouldContain("'output_norm.weight' holds values that are not finite");

        Leftovers().ShouldBeEmpty();
        Directory.Exists(_folder.Sub("model")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("general.type", "adapter", "not a model but of the type 'adapter'")]
    [InlineData("general.architecture", "mamba", "'mamba', which is not supported")]
    [InlineData("tokenizer.ggml.model", "rwkv", "'rwkv', which is not supported")]
    [InlineData("tokenizer.ggml.pre", "brand-new", "'brand-new', which is not supported")]
    public async Task What_is_not_supported_is_refused_by_name(string key, string value, string message)
    {
        var source = _folder.Write("other.gguf", TinyLlama.Writer().Text(key, value).ToBytes());

        (await Should.ThrowAsync<ModelImportException>(Import(source, "model"))).Message.ShouldContain(message);
    }

    [Fact]
    public async Task Tensors_that_the_recipe_does_not_use_are_refused()
    {
        var source = _folder.Write("extra.gguf", TinyLlama.Writer().Tensor("blk.0.attn_q_norm.weight", [16], 0, new byte[64]).ToBytes());

        (await Should.ThrowAsync<ModelImportException>(Import(source, "model"))).Message.ShouldContain("'blk.0.attn_q_norm.weight'");
    }

    [Fact]
    public async Task Missing_tensors_are_refused_by_name()
    {
        var source = _folder.Write("missing.gguf", TinyLlama.Metadata().Tensor("token_embd.weight", [TinyLlama.Hidden, (ulong)TinyLlama.Vocabulary], 0, new byte[TinyLlama.Vocabulary * TinyLlama.Hidden * 4]).ToBytes());

        (await Should.ThrowAsync<ModelImportException>(Import(source, "model"))).Message.ShouldContain("'blk.0.attn_norm.weight'");
    }

    [Fact]
    public async Task Two_thousand_mutations_of_a_file_end_in_a_folder_or_in_the_declared_exception()
    {
        using var folder = new TemporaryFolder(inMemory: true);
        var whole = TinyLlama.Writer().ToBytes();
        var headerBytes = whole.Length - (TinyLlama.Vocabulary * TinyLlama.Hidden * 4); // mutations gather in the description
        var random = new Random(20_261_122);
        var (refused, imported) = (0, 0);
        var target = folder.Sub("out/model");
        Directory.CreateDirectory(folder.Sub("out"));
        for (var round = 0; round < 2_000; round++)
        {
            var mutant = Mutate(random, whole, Math.Min(headerBytes, 12_000));
            var source = folder.Write("mutant.gguf", mutant);
            try
            {
                await ModelImporter.ImportAsync(source, target, s_defaults, null, TestContext.Current.CancellationToken);
                Directory.Delete(target, recursive: true);
                imported++;
            }
            catch (ModelImportException)
            {
                refused++;
            }

            Directory.EnumerateFileSystemEntries(folder.Sub("out")).ShouldBeEmpty();
        }

        refused.ShouldBeGreaterThan(500);
        imported.ShouldBeGreaterThan(10);
    }

    private static byte[] Mutate(Random random, byte[] whole, int area)
    {
        var mutant = (byte[])whole.Clone();
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            var at = random.Next(area - 8);
            switch (random.Next(4))
            {
                case 0:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    random.NextBytes(mutant.AsSpan(at, 8));
                    break;
                case 2:
                    BitConverter.GetBytes(random.Next(2) == 0 ? ulong.MaxValue : 1UL << random.Next(64)).CopyTo(mutant, at);
                    break;
                default:
                    mutant = mutant[..Math.Max(random.Next(mutant.Length), area)];
                    break;
            }
        }

        return mutant;
    }

    private string Tiny() => _folder.Write("tiny.gguf", TinyLlama.Writer().ToBytes());

    private Task<ModelFolder> Import(string source, string name, ModelImportOptions? options = null) =>
        ModelImporter.ImportAsync(source, _folder.Sub(name), options ?? s_defaults, null, TestContext.Current.CancellationToken);

    private IEnumerable<string> Leftovers() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).OfType<string>().Where(name => name.StartsWith('.'));

    /// <summary>Reports as they come, without the thread pool between.</summary>
    private sealed class Progress(Action<ModelImportProgress>? onReport = null) : IProgress<ModelImportProgress>
    {
        private readonly Lock _lock = new();

        public List<ModelImportProgress> Reports { get; } = [];

        public void Report(ModelImportProgress value)
        {
            lock (_lock)
            {
                Reports.Add(value);
            }

            onReport?.Invoke(value);
        }
    }
}
