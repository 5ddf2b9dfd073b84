using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Weights;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>An import of fewer bits computes exactly its rounded weights: at accuracy level 0 the logits are those of the same rounded weights as floats.</summary>
public sealed class FamilyQuantisationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FamilyGoldenTests.Families), MemberType = typeof(FamilyGoldenTests))]
    public async Task Eight_bits_are_the_rounded_weights(string family) => await ShouldBeRounded(family, WeightBits.Eight);

    [Theory]
    [InlineData("llama3")]
    [InlineData("mixtral")]
    [InlineData("pythia")]
    public async Task Four_bits_are_the_rounded_weights_with_the_embedding_in_eight(string family) => await ShouldBeRounded(family, WeightBits.Four);

    private async Task ShouldBeRounded(string family, WeightBits bits)
    {
        var model = PublishedModel.Fixture(family);
        var rounded = model with { Tensors = model.Tensors.ToDictionary(t => t.Key, t => t.Value with { Values = Rounded(t.Key, t.Value, bits) }, StringComparer.Ordinal) };
        int[] ids = [.. Enumerable.Range(0, 40).Select(i => ((i * 67) + 13) % 512)];

        var expected = Logits(await Import(rounded.WriteFolder(_folder.Sub("rounded")), "floats", new ModelImportOptions { Bits = WeightBits.Full }), ids);
        var quantised = Logits(await Import(PublishedModel.FixtureFolder(family), "blocks", new ModelImportOptions { Bits = bits, AccuracyLevel = 0 }), ids);

        expected.Zip(quantised, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-4f);
    }

    /// <summary>Norms, biases and the router stay floats.</summary>
    private static float[] Rounded(string name, PublishedTensor tensor, WeightBits bits)
    {
        if (tensor.Shape.Length != 2 || name.EndsWith("block_sparse_moe.gate.weight", StringComparison.Ordinal))
        {
            return tensor.Values;
        }

        var blocks = tensor.Values.Length / 32;
        var scales = new float[blocks];
        var isOuter = name.Contains("embed", StringComparison.Ordinal) || name.StartsWith("lm_head", StringComparison.Ordinal);
        if (bits == WeightBits.Eight || isOuter)
        {
            var bytes = new byte[tensor.Values.Length];
            EightBitBlocks.Quantise(tensor.Values, bytes, scales);
            return [.. bytes.Select((q, i) => (q - 128) * scales[i / 32])];
        }

        var pairs = new byte[tensor.Values.Length / 2];
        FourBitBlocks.Quantise(tensor.Values, pairs, scales);
        return [.. Enumerable.Range(0, tensor.Values.Length).Select(i => (((pairs[i / 2] >> (i % 2 * 4)) & 15) - 8) * scales[i / 32])];
    }

    private static float[] Logits(ModelFolder folder, int[] ids)
    {
        using var decoder = new Decoder(folder, GenAiConfig.Read(folder), new InferenceRuntime(Options.Create(new RuntimeOptions { Threads = 1 }), NullLogger<InferenceRuntime>.Instance), 64 << 20);
        var sequence = new DecoderSequence(decoder);
        return [.. sequence.Append(ids).ToArray(), .. sequence.Append([5]).ToArray()];
    }

    private Task<ModelFolder> Import(string source, string name, ModelImportOptions options) =>
        ModelImporter.ImportAsync(source, _folder.Sub(name), options, null, TestContext.Current.CancellationToken);
}
