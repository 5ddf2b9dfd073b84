using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Sessions;
using Google.Protobuf;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>Loads the graph of a decoder as its session.</summary>
internal static class DecoderGraph
{
    // A graph file with its weights inside is loaded from disk as it is: parsing would double its memory.
    private const long MaxGraphBytes = 64 << 20;

    public static OrtSession Load(ModelFolder folder, GenAiConfig config, InferenceRuntime runtime)
    {
        SessionSettings settings = Settings(folder, config, runtime);
        string path = folder.File(config.FileName);
        if (new FileInfo(path).Length > MaxGraphBytes)
        {
            return runtime.Load(path, settings);
        }

        byte[] bytes = File.ReadAllBytes(path);
        RefuseOtherAttention(bytes, path);
        return LastTokenHead.TryCut(bytes, config.Logits) is { } cut ? runtime.Load(cut, Path.GetDirectoryName(path) ?? folder.Path, settings) : runtime.Load(path, settings);
    }

    /// <summary>The graph with a slot for adapters beside each product, over the same weights.</summary>
    /// <exception cref="ModelFolderException">The folder's products are not known.</exception>
    public static OrtSession LoadWithSlots(ModelFolder folder, GenAiConfig config, InferenceRuntime runtime)
    {
        string path = folder.File(config.FileName);
        try
        {
            byte[] graph = File.ReadAllBytes(path);
            byte[] slotted = AdapterGraph.Insert(LastTokenHead.TryCut(graph, config.Logits) ?? graph, AdapterImporter.SlotsOf(folder));
            return runtime.Load(slotted, Path.GetDirectoryName(path) ?? folder.Path, Settings(folder, config, runtime) with { ErrorsOnly = true });
        }
        catch (ModelImportException e)
        {
            throw new ModelFolderException(e.Message, e);
        }
    }

    private static SessionSettings Settings(ModelFolder folder, GenAiConfig config, InferenceRuntime runtime)
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

        return settings;
    }

    /// <summary>
    /// Only GroupQueryAttention takes a cache that is longer than the sequence and each row's length from its mask; a graph that appends to its cache would get wrong
    /// keys or fail in the middle of a run.
    /// </summary>
    private static void RefuseOtherAttention(byte[] bytes, string path)
    {
        GraphProto graph;
        try
        {
            graph = ModelProto.Parser.ParseFrom(bytes).Graph ?? new GraphProto();
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new ModelFolderException($"{path} is no ONNX file: {e.Message}", e);
        }

        if (graph.Input.Any(i => string.Equals(i.Name, "use_cache_branch", StringComparison.Ordinal)))
        {
            throw new ModelFolderException($"{path} holds two decoders in one (use_cache_branch); such merged exports are not supported. Take an export of ONNX Runtime GenAI's builder, or import the original weights with 'rag models import'.");
        }

        if (!graph.Node.Any(n => string.Equals(n.OpType, "GroupQueryAttention", StringComparison.Ordinal)))
        {
            throw new ModelFolderException($"{path} has no GroupQueryAttention nodes; decoders with another attention are not supported. Take an export of ONNX Runtime GenAI's builder, or import the original weights with 'rag models import'.");
        }
    }
}
