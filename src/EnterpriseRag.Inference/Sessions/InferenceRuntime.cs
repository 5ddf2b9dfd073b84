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

    /// <param name="modelPath">The ONNX file.</param>
    /// <param name="threadsPerRun">Threads that share the work of one run.</param>
    /// <param name="useArena">See <see cref="SessionSettings.UseArena"/>.</param>
    /// <param name="entries">Session configuration entries.</param>
    public OrtSession Load(string modelPath, int threadsPerRun, bool useArena, params ReadOnlySpan<(string Key, string Value)> entries)
    {
        var settings = new SessionSettings
        {
            Threads = threadsPerRun,
            Provider = _options.UsedProvider,
            UseArena = useArena,
            Entries = entries.ToArray().ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal),
        };
        return OrtSession.Load(modelPath, settings, _logger);
    }
}
