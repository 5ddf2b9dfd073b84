using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Native;

/// <summary>Finds, loads and checks libonnxruntime. Once per process; the library is never unloaded.</summary>
internal static unsafe partial class OrtLibrary
{
    /// <summary>
    /// The lowest API version with all functions of <see cref="OrtOrdinals"/> and, in its library, all operators of our model folders (8-bit MatMulNBits,
    /// GatherBlockQuantized). The table is append-only, so newer libraries answer it too; asking for more than needed would refuse some of them.
    /// </summary>
    private const uint ApiVersion = 22;

    private static readonly Lock s_gate = new();
    private static string? s_loadedPath; // guarded by s_gate

    /// <summary>Version of the loaded library, for example 1.30.0; empty before <see cref="Load"/>.</summary>
    public static string Version { get; private set; } = "";

    /// <summary>The file that an installation loads: the setting if there is one, else the library that the build put beside the program.</summary>
    /// <exception cref="FileNotFoundException">No such file; the message says what to do.</exception>
    public static string Resolve(string? setting)
    {
        if (!string.IsNullOrWhiteSpace(setting))
        {
            string full = Path.GetFullPath(setting);
            return File.Exists(full) ? full : throw new FileNotFoundException($"Inference:Runtime:LibraryPath names '{full}', which does not exist.", full);
        }

        string shipped = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libonnxruntime.so.1");
        return File.Exists(shipped)
            ? shipped
            : throw new FileNotFoundException(
                $"The ONNX Runtime library is not at '{shipped}'. The build puts it there (npm fetches it); elsewhere set Inference:Runtime:LibraryPath.", shipped);
    }

    /// <summary>Loads the library with its telemetry off. A second call with the same file does nothing.</summary>
    /// <exception cref="InvalidOperationException">Another file is loaded already: one process, one library.</exception>
    /// <exception cref="NotSupportedException">Not a 1.x library, or too old.</exception>
    public static void Load(string path)
    {
        lock (s_gate)
        {
            if (s_loadedPath is not null)
            {
                if (!string.Equals(s_loadedPath, path, StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"ONNX Runtime is already loaded from '{s_loadedPath}'; '{path}' cannot be loaded beside it.");
                }

                return;
            }

            TurnTelemetryOff();
            nint library = NativeLibrary.Load(path);
            var getBase = (delegate* unmanaged<ApiBase*>)NativeLibrary.GetExport(library, "OrtGetApiBase");
            ApiBase* entry = getBase();
            string version = OrtApi.Utf8(entry->GetVersionString());
            if (!version.StartsWith("1.", StringComparison.Ordinal) || entry->GetApi(ApiVersion) is var table && table is null)
            {
                throw new NotSupportedException($"'{path}' is ONNX Runtime {version}; needed is 1.x with API version {ApiVersion} (1.{ApiVersion} or newer).");
            }

            OrtApi.SetTable(table);
            Version = version;
            s_loadedPath = path;
        }
    }

    /// <summary>
    /// The official builds since 1.29 send usage events unless ORT_DISABLE_TELEMETRY is in the native environment before the first environment is created (and
    /// write files under ~/.cache and the temporary folder). .NET's SetEnvironmentVariable changes a managed copy only, so libc is called.
    /// </summary>
    private static void TurnTelemetryOff()
    {
        fixed (byte* name = "ORT_DISABLE_TELEMETRY"u8, value = "1"u8)
        {
            if (SetEnvironment(name, value, 1) != 0)
            {
                throw new InvalidOperationException("ORT_DISABLE_TELEMETRY could not be set; ONNX Runtime is not loaded with its telemetry on.");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv")]
    private static partial int SetEnvironment(byte* name, byte* value, int overwrite);

    private struct ApiBase
    {
#pragma warning disable CS0649 // filled by native code
        public delegate* unmanaged<uint, void**> GetApi;
        public delegate* unmanaged<byte*> GetVersionString;
#pragma warning restore CS0649
    }
}
