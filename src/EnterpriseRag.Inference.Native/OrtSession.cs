using EnterpriseRag.Inference.Native.Bindings;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Inference.Native;

/// <summary>
/// A loaded model. Thread-safe: several <see cref="RunPlan"/>s may run at once. Each plan holds a counted reference, so disposing the session while a plan
/// lives only marks it; the native object goes with the last plan.
/// </summary>
internal sealed class OrtSession : IDisposable
{
    private static int s_cudaWarned; // Interlocked: one warning per process, however many models fall back

    private readonly SessionHandle _handle;

    private OrtSession(SessionHandle handle)
    {
        _handle = handle;
        Inputs = Describe(handle, SessionPart.Input);
        Outputs = Describe(handle, SessionPart.Output);
        Overridable = Describe(handle, SessionPart.Overridable);
    }

    /// <summary>In the graph's order; read once at load.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; }

    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>Inputs that need not be fed: they have a value in the graph.</summary>
    public IReadOnlyList<TensorInfo> Overridable { get; }

    internal SessionHandle Handle => _handle;

    /// <summary>Loads an ONNX file with its external data. <see cref="OrtEnvironment.Start"/> must have been called.</summary>
    /// <exception cref="OrtException">The file is missing, damaged or needs operators that the library lacks; or CUDA was asked for and is not there.</exception>
    public static OrtSession Load(string modelPath, SessionSettings settings, ILogger logger)
    {
        using SessionOptionsHandle options = CreateOptions(settings, logger);
        return Open(new SessionHandle(OrtApi.NewSession(OrtEnvironment.Pointer, modelPath, options.Pointer)));
    }

    /// <summary>Loads a graph from memory; its external data lies in a folder.</summary>
    /// <inheritdoc cref="Load(string, SessionSettings, ILogger)"/>
    public static OrtSession Load(ReadOnlySpan<byte> graph, string dataFolder, SessionSettings settings, ILogger logger)
    {
        using SessionOptionsHandle options = CreateOptions(settings, logger);
        OrtApi.AddConfigEntry(options.Pointer, "session.model_external_initializers_file_folder_path", dataFolder);
        return Open(new SessionHandle(OrtApi.NewSession(OrtEnvironment.Pointer, graph, options.Pointer)));
    }

    public void Dispose() => _handle.Dispose();

    private static OrtSession Open(SessionHandle handle)
    {
        try
        {
            return new OrtSession(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static SessionOptionsHandle CreateOptions(SessionSettings settings, ILogger logger)
    {
        var handle = new SessionOptionsHandle();
        try
        {
            nint options = handle.Pointer;
            OrtApi.SetSequential(options);
            OrtApi.SetAllOptimizations(options);
            OrtApi.SetThreads(options, settings.Threads);
            OrtApi.NoMemoryPattern(options);
            // Workers that spin between runs burn five times the CPU time of the work itself (7.4 ms per 0.9 ms run measured); a server shares its cores.
            OrtApi.AddConfigEntry(options, "session.intra_op.allow_spinning", settings.SpinDuringRuns ? "1" : "0");
            OrtApi.AddConfigEntry(options, "session.force_spinning_stop", "1");
            foreach ((string key, string value) in settings.Entries)
            {
                OrtApi.AddConfigEntry(options, key, value);
            }

            if (settings.ErrorsOnly)
            {
                OrtApi.SetLogLevel(options, OrtLoggingLevel.Error);
            }

            foreach (CustomOperator custom in settings.Operators)
            {
                custom.AddTo(options);
            }

            AddProvider(options, settings.Provider, logger);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void AddProvider(nint options, ExecutionProvider provider, ILogger logger)
    {
        if (provider == ExecutionProvider.Cpu)
        {
            return;
        }

        nint cuda = OrtApi.NewCudaOptions();
        try
        {
            OrtApi.UpdateCudaOptions(cuda);
            OrtApi.AppendCuda(options, cuda);
        }
        catch (OrtException e) when (provider == ExecutionProvider.Auto)
        {
            if (Interlocked.Exchange(ref s_cudaWarned, 1) == 0)
            {
                Log.CudaUnavailable(logger, e.Message);
            }
        }
        finally
        {
            OrtApi.ReleaseCudaOptions(cuda);
        }
    }

    private static TensorInfo[] Describe(SessionHandle handle, SessionPart part)
    {
        var tensors = new TensorInfo[OrtApi.Count(handle.Pointer, part)];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = OrtApi.Describe(handle.Pointer, i, part);
        }

        return tensors;
    }
}
