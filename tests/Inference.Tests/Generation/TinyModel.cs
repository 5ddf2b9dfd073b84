using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>Models of random weights that ONNX Runtime GenAI's own builder wrote: two layers, 512 tokens of vocabulary and of context.</summary>
internal static class TinyModel
{
    /// <summary>Keys and values of a token: 2 layers, 2 heads of 16 floats.</summary>
    public const int BytesPerToken = 512;

    public static ModelFolder Folder(string name) => ModelFolder.OpenUnlisted(RepositoryFiles.Fixture($"tiny-genai/{name}"));

    public static Decoder NewDecoder(string name, EngineLimits? limits = null)
    {
        ModelFolder folder = Folder(name);
        limits ??= new EngineLimits(Sequences: 1, CacheBytes: 512 * BytesPerToken, QueueLength: 4);
        return new Decoder(folder, GenAiConfig.Read(folder), GenerationModelFixture.Runtime, limits.CacheBytes, limits.Slots);
    }
}
