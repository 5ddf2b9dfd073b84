using EnterpriseRag.Inference.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseRag.Inference.Sessions;

/// <summary>Whether the native runtime can be used here; <c>doctor</c> shows it.</summary>
/// <param name="Loads">The library was loaded and answers.</param>
/// <param name="Detail">Its version and file, or what is wrong and what to do.</param>
public sealed record RuntimeProbe(bool Loads, string Detail)
{
    /// <summary>Loads the library into this process, with its telemetry off, as the host would.</summary>
    public static RuntimeProbe Run(RuntimeOptions options)
    {
        try
        {
            OrtEnvironment.Start(options.LibraryPath, NullLogger.Instance);
            return new RuntimeProbe(true, $"ONNX Runtime {OrtLibrary.Version} ({OrtLibrary.Resolve(options.LibraryPath)})");
        }
        catch (Exception e) when (e is IOException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or NotSupportedException or InvalidOperationException or OrtException)
        {
            return new RuntimeProbe(false, e.Message);
        }
    }
}
