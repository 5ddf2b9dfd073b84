using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Inference.Native;

/// <summary>Event ids 3000 to 3019 (Inference has 3000 to 3999).</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "ONNX Runtime {Version} loaded, telemetry off")]
    public static partial void RuntimeLoaded(ILogger logger, string version);

    [LoggerMessage(3001, LogLevel.Warning, "CUDA is not usable, models run on the CPU: {Reason}")]
    public static partial void CudaUnavailable(ILogger logger, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "ONNX Runtime {Location}: {Text}")]
    public static partial void NativeWarning(ILogger logger, string location, string text);

    [LoggerMessage(3003, LogLevel.Error, "ONNX Runtime {Location}: {Text}")]
    public static partial void NativeError(ILogger logger, string location, string text);
}
