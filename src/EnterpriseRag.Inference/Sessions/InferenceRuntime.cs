using EnterpriseRag.Inference.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Sessions;

/// <summary>The started native runtime: whoever holds one may load sessions.</summary>
internal sealed class InferenceRuntime
{
    private readonly RuntimeOptions _options;
    private readonly ILogger<InferenceRuntime> _logger;

    public InferenceRuntime(IOptions<RuntimeOptions> options, ILogger<InferenceRuntime> logger)
    {
        _options = options.Value;
        _logger = logger;
        OrtEnvironment.Start(_options.LibraryPath, logger);
    }

    /// <summary>For example onnxruntime@1.30.0: the name of the engine in the ledger.</summary>
#pragma warning disable CA1822 // the version exists only once a runtime was started, which an instance proves
    public string Engine => $"onnxruntime@{OrtLibrary.Version}";
#pragma warning restore CA1822

    /// <summary>Cores that inference may use.</summary>
    public int Threads => _options.UsedThreads;

    /// <summary>Provider and threads as configured; callers add what their model needs.</summary>
    /// <param name="threadsPerRun">Threads that share the work of one run.</param>
    public SessionSettings Settings(int threadsPerRun) => new() { Threads = threadsPerRun, Provider = _options.UsedProvider };

    public OrtSession Load(string modelPath, SessionSettings settings) => OrtSession.Load(modelPath, settings, _logger);

    /// <param name="graph">The bytes of an ONNX file.</param>
    /// <param name="dataFolder">Where its external data lies.</param>
    /// <param name="settings">From <see cref="Settings"/>.</param>
    public OrtSession Load(ReadOnlySpan<byte> graph, string dataFolder, SessionSettings settings) => OrtSession.Load(graph, dataFolder, settings, _logger);
}
