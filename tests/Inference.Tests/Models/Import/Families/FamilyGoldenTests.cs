using EnterpriseRag.Inference.Models.Check;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>
/// Each family from its published form, against the outputs of torch: logits within 1e-3 and every greedy token. After each step the golden token is appended; a
/// step in which torch itself was undecided (margin under 1e-3) counts as equal.
/// </summary>
public sealed class FamilyGoldenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => ["llama2", "llama3", "openllama", "codellama", "mistral", "mixtral", "falcon", "falcon-new", "pythia", "phi3", "qwen2", "qwen3", "gemma2", "gemma3"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_hugging_face_folder_gives_the_golden_logits_and_tokens(string family)
    {
        var folder = await Import(PublishedModel.FixtureFolder(family));

        ShouldBeGolden(folder, family);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_gguf_file_gives_the_golden_logits_and_tokens(string family)
    {
        var model = PublishedModel.Fixture(family);
        if (family is "mistral")
        {
            // The form has no key for its window; some writers use the one of other families, which is honoured.
            model = model.With(config => config["write_window"] = true);
        }

        var folder = await Import(_folder.Write("model.gguf", GgufConversion.Of(model).ToBytes()));

        ShouldBeGolden(folder, family);
    }

    [Fact]
    public async Task Experts_in_tensors_of_their_own_are_read_like_stacked_ones()
    {
        var folder = await Import(_folder.Write("model.gguf", GgufConversion.Of(PublishedModel.Fixture("mixtral"), stackExperts: false).ToBytes()));

        ShouldBeGolden(folder, "mixtral");
    }

    [Fact]
    public async Task Query_key_and_value_in_one_tensor_are_put_back_like_three()
    {
        var folder = await Import(_folder.Write("model.gguf", GgufConversion.Of(PublishedModel.Fixture("llama3"), fuseAttention: true).ToBytes()));

        ShouldBeGolden(folder, "llama3");
    }

    [Fact]
    public async Task A_split_gguf_is_read_from_any_of_its_parts()
    {
        GgufConversion.WriteSplit(PublishedModel.Fixture("llama3"), _folder.Path, parts: 3);

        var folder = await Import(_folder.Sub("model-00002-of-00003.gguf"));

        ShouldBeGolden(folder, "llama3");
        ModelCard.Read(folder).Source.ShouldNotBeNull().File.ShouldBe("model-00001-of-00003.gguf");
    }

    [Theory]
    [InlineData("f32", WeightBits.Full, 4)]
    [InlineData("f16", WeightBits.Full, 4)]
    [InlineData("q8_0", WeightBits.Auto, 0)]
    [InlineData("q4_0", WeightBits.Auto, 0)]
    [InlineData("q8_0", WeightBits.Full, 4)]
    [InlineData("q4_0", WeightBits.Full, 4)]
    public async Task A_gguf_type_that_is_kept_gives_the_golden_logits(string type, WeightBits bits, int accuracy)
    {
        var folder = await Import(RepositoryFiles.Fixture($"models/tiny-gguf/llama2-{type}.gguf"), new ModelImportOptions { Bits = bits, AccuracyLevel = accuracy });

        var result = ModelCheck.Run(folder.Path, RepositoryFiles.Fixture($"models/tiny-gguf/llama2-{type}.golden.json"), TestContext.Current.CancellationToken);

        result.MaxLogitDifference.ShouldBeLessThan(1e-3);
        (result.EqualTokens, result.Tokens).ShouldBe((32, 32));
    }

    [Theory]
    [InlineData("q8_0")]
    [InlineData("q4_0")]
    public async Task With_activations_of_8_bits_the_decided_tokens_stay(string type)
    {
        var folder = await Import(RepositoryFiles.Fixture($"models/tiny-gguf/llama2-{type}.gguf"), new ModelImportOptions());
        var golden = GoldenFile.Read(RepositoryFiles.Fixture($"models/tiny-gguf/llama2-{type}.golden.json"));
        var totals = new CheckTotals();

        // A margin of zero is an undecided step to the check: keep those over .5 only.
        new DecoderCheck(folder, new InferenceRuntime(Options.Create(new RuntimeOptions()), NullLogger<InferenceRuntime>.Instance)).Run([.. golden.Select(g => g with { Margins = [.. g.Margins.Select(margin => margin > 0.5f ? margin : 0)] })], totals, TestContext.Current.CancellationToken);

        var result = totals.Result(golden.Count);
        result.EqualTokens.ShouldBe(result.Tokens);
        golden.SelectMany(g => g.Margins).Count(margin => margin > 0.5f).ShouldBeGreaterThan(0);
    }

    private void ShouldBeGolden(ModelFolder folder, string family)
    {
        var result = ModelCheck.Run(folder.Path, Path.Combine(PublishedModel.FixtureFolder(family), "golden.json"), TestContext.Current.CancellationToken);

        result.Cases.ShouldBe(2);
        result.MaxLogitDifference.ShouldBeLessThan(1e-3);
        (result.EqualTokens, result.Tokens).ShouldBe((48, 48));
    }

    private Task<ModelFolder> Import(string source, ModelImportOptions? options = null) => ModelImporter.ImportAsync(
        source, _folder.Sub("model"), options ?? new ModelImportOptions { Bits = WeightBits.Full }, null, TestContext.Current.CancellationToken);
}
