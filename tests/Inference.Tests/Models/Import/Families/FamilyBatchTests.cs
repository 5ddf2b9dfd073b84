using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>Sequences of unequal length in one run give, bit for bit, what each gives alone: in every family, with weights of 8 bits and as floats.</summary>
public sealed class FamilyBatchTests : IDisposable
{
    private static readonly int[][] s_prompts = [[5, 17, 300, 41, 2, 99, 64], [511, 8], [77, 76, 75, 74, 200, 201, 202, 203, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FamilyGoldenTests.Families), MemberType = typeof(FamilyGoldenTests))]
    public async Task Rows_of_a_run_are_those_of_runs_of_their_own(string family) =>
        Compare(await Import(PublishedModel.FixtureFolder(family), WeightBits.Full), await Import(PublishedModel.FixtureFolder(family), WeightBits.Auto));

    [Theory]
    [InlineData("llama3", """{"head_dim":24}""")]
    [InlineData("pythia", """{"hidden_size":96}""")]
    public async Task So_are_those_of_models_that_rotate_outside_their_attention(string family, string settings)
    {
        var config = (JsonObject)PublishedModel.Fixture(family).Config.DeepClone();
        foreach (var (key, value) in JsonNode.Parse(settings) as JsonObject ?? [])
        {
            config[key] = value?.DeepClone();
        }

        Compare(await Import(PublishedModel.Random(config, seed: 5).WriteFolder(_folder.Sub("published")), WeightBits.Full));
    }

    private static void Compare(params ReadOnlySpan<ModelFolder> folders)
    {
        foreach (var folder in folders)
        {
            using var decoder = new Decoder(folder, GenAiConfig.Read(folder), new InferenceRuntime(Options.Create(new RuntimeOptions { Threads = 1 }), NullLogger<InferenceRuntime>.Instance), 64 << 20, sequences: s_prompts.Length);
            var alone = s_prompts.Select(prompt => Steps(decoder, [prompt])).ToList();
            var together = Steps(decoder, s_prompts);
            for (var row = 0; row < s_prompts.Length; row++)
            {
                together[row].ShouldBe(alone[row][0], $"row {row}");
            }
        }
    }

    /// <summary>Logits of three greedy steps after each prompt, all prompts in the same runs.</summary>
    private static List<float[]> Steps(Decoder decoder, int[][] prompts)
    {
        int[] tokens = [.. prompts.Select((prompt, slot) => Best(decoder.Prefill(slot, 0, prompt)))];
        int[] lengths = [.. prompts.Select(prompt => prompt.Length)];
        var logits = prompts.Select(_ => new List<float>()).ToList();
        for (var step = 0; step < 3; step++)
        {
            decoder.Step(0, tokens, lengths);
            for (var row = 0; row < prompts.Length; row++)
            {
                logits[row].AddRange(decoder.Logits(row));
                (tokens[row], lengths[row]) = (Best(decoder.Logits(row)), lengths[row] + 1);
            }
        }

        return [.. logits.Select(row => row.ToArray())];
    }

    private static int Best(ReadOnlySpan<float> logits) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);

    private Task<ModelFolder> Import(string source, WeightBits bits) =>
        ModelImporter.ImportAsync(source, _folder.Sub($"model-{bits}"), new ModelImportOptions { Bits = bits }, null, TestContext.Current.CancellationToken);
}
