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
        SessionSettings settings = runtime.Settings(Math.Min(config.Threads ?? runtime.Threads, runtime.Threads)) with { SpinDuringRuns = true, Entries = config.SessionEntries };
        if (config.NeedsCuda)
        {
            // A graph for CUDA on the CPU would be wrong or useless; automatic fallback is for graphs that run on both.
            settings = settings.Provider == ExecutionProvider.Cpu
                ? throw new ModelFolderException($"{folder.Path} was made for CUDA (provider_options) and models run on the CPU here: set Inference:Runtime:Provider to cuda, or take an export for the CPU.")
                : settings with { Provider = ExecutionProvider.Cuda };
        }

        string path = folder.File(config.FileName);
        return new FileInfo(path).Length <= MaxGraphBytes && LastTokenHead.TryCut(File.ReadAllBytes(path), config.Logits) is { } cut
            ? runtime.Load(cut, Path.GetDirectoryName(path) ?? folder.Path, settings)
            : runtime.Load(path, settings);
    }
}
