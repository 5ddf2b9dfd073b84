using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Sessions;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>Loads the graph of a decoder as its session.</summary>
internal static class DecoderGraph
{
    // A graph file with its weights inside is loaded from disk as it is: parsing would double its memory.
    private const long MaxGraphBytes = 64 << 20;

    public static OrtSession Load(ModelFolder folder, GenAiConfig config, InferenceRuntime runtime)
    {
        // A step is some three hundred operators; sleeping threads would be woken as often (decoding: 115 against 150 tokens/s).
        SessionSettings settings = runtime.Settings(runtime.Threads) with { SpinDuringRuns = true };
        string path = folder.File(config.FileName);
        return new FileInfo(path).Length <= MaxGraphBytes && LastTokenHead.TryCut(File.ReadAllBytes(path), config.Logits) is { } cut
            ? runtime.Load(cut, folder.Path, settings)
            : runtime.Load(path, settings);
    }
}
