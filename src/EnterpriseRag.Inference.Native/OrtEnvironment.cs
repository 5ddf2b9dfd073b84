using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Native.Bindings;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseRag.Inference.Native;

/// <summary>
/// The one ONNX Runtime environment of the process. It is created with the first session and never released: a session that outlives its environment crashes
/// the process, and the native side is a process singleton anyway.
/// </summary>
internal static unsafe class OrtEnvironment
{
    private static readonly Lock s_gate = new();
    private static nint s_env; // written once under s_gate
    private static nint s_cpuMemory; // written once under s_gate
    private static ILogger s_logger = NullLogger.Instance; // read by the native callback on any thread; replaced as a whole

    /// <summary>Describes plain CPU memory to tensors.</summary>
    internal static nint CpuMemory => s_cpuMemory != 0 ? s_cpuMemory : throw new InvalidOperationException("OrtEnvironment.Start was not called.");

    internal static nint Pointer => s_env != 0 ? s_env : throw new InvalidOperationException("OrtEnvironment.Start was not called.");

    /// <summary>Loads the library and creates the environment if that has not happened yet; later calls only replace the logger.</summary>
    /// <param name="libraryPath">The setting Inference:Runtime:LibraryPath, or null for the library beside the program.</param>
    /// <param name="logger">Receives the library's warnings and errors.</param>
    public static void Start(string? libraryPath, ILogger logger)
    {
        Volatile.Write(ref s_logger, logger);
        OrtLibrary.Load(OrtLibrary.Resolve(libraryPath));
        lock (s_gate)
        {
            if (s_env != 0)
            {
                return;
            }

            nint env = OrtApi.CreateEnv(&OnNativeLog, OrtLoggingLevel.Warning);
            OrtApi.DisableTelemetry(env); // second lock: covers builds that do not read the variable
            s_cpuMemory = OrtApi.NewCpuMemoryInfo();
            s_env = env;
            Log.RuntimeLoaded(logger, OrtLibrary.Version);
        }
    }

    [UnmanagedCallersOnly]
    private static void OnNativeLog(void* state, int severity, byte* category, byte* logId, byte* location, byte* message)
    {
        try
        {
            ILogger logger = Volatile.Read(ref s_logger);
            if (severity >= (int)OrtLoggingLevel.Error)
            {
                Log.NativeError(logger, OrtApi.Utf8(location), OrtApi.Utf8(message));
            }
            else
            {
                Log.NativeWarning(logger, OrtApi.Utf8(location), OrtApi.Utf8(message));
            }
        }
#pragma warning disable CA1031 // an exception that crosses into native code ends the process; a lost log line is the lesser evil
        catch
        {
            // nothing to tell it to: the logger itself failed
        }
#pragma warning restore CA1031
    }
}
