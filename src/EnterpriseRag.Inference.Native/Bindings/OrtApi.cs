using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static EnterpriseRag.Inference.Native.Bindings.OrtOrdinals;

namespace EnterpriseRag.Inference.Native.Bindings;

/// <summary>
/// Typed calls through the OrtApi table. Pointers of ONNX Runtime's own objects are <c>nint</c> here and live in SafeHandles one layer up.
/// Nothing works before <see cref="OrtLibrary.Load"/> has set the table; after that it never changes.
/// </summary>
internal static unsafe class OrtApi
{
    private static void** s_table;

    internal static void SetTable(void** table) => s_table = table;

    /// <summary>Turns a status into an exception; null is success. The message is copied before the status is freed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(nint status)
    {
        if (status != 0)
        {
            Throw(status);
        }
    }

    /// <summary>Frees a status that is not turned into an exception.</summary>
    public static void ReleaseStatus(nint status) => ((delegate* unmanaged<nint, void>)s_table[OrtOrdinals.ReleaseStatus])(status);

    private static void Throw(nint status)
    {
        var code = (OrtErrorCode)((delegate* unmanaged<nint, int>)s_table[GetErrorCode])(status);
        string message = Utf8(((delegate* unmanaged<nint, byte*>)s_table[GetErrorMessage])(status));
        ReleaseStatus(status);
        throw new OrtException(code, message);
    }

    // Environment
    public static nint CreateEnv(delegate* unmanaged<void*, int, byte*, byte*, byte*, byte*, void> logger, OrtLoggingLevel level)
    {
        nint env;
        fixed (byte* id = "enterpriserag"u8)
        {
            Check(((delegate* unmanaged<void*, void*, int, byte*, nint*, nint>)s_table[CreateEnvWithCustomLogger])(logger, null, (int)level, id, &env));
        }

        return env;
    }

    public static void DisableTelemetry(nint env) => Check(((delegate* unmanaged<nint, nint>)s_table[DisableTelemetryEvents])(env));

    // Session options
    public static nint NewSessionOptions()
    {
        nint options;
        Check(((delegate* unmanaged<nint*, nint>)s_table[CreateSessionOptions])(&options));
        return options;
    }

    public static void SetSequential(nint options) => Check(((delegate* unmanaged<nint, int, nint>)s_table[SetSessionExecutionMode])(options, 0));

    public static void NoMemoryPattern(nint options) => Check(((delegate* unmanaged<nint, nint>)s_table[DisableMemPattern])(options));

    /// <summary>99 = ORT_ENABLE_ALL.</summary>
    public static void SetAllOptimizations(nint options) => Check(((delegate* unmanaged<nint, int, nint>)s_table[SetSessionGraphOptimizationLevel])(options, 99));

    public static void SetThreads(nint options, int intraOp)
    {
        Check(((delegate* unmanaged<nint, int, nint>)s_table[SetIntraOpNumThreads])(options, intraOp));
        Check(((delegate* unmanaged<nint, int, nint>)s_table[SetInterOpNumThreads])(options, 1));
    }

    public static void SetLogLevel(nint options, OrtLoggingLevel level) => Check(((delegate* unmanaged<nint, int, nint>)s_table[SetSessionLogSeverityLevel])(options, (int)level));

    public static void AddConfigEntry(nint options, string key, string value)
    {
        byte* nativeKey = (byte*)Marshal.StringToCoTaskMemUTF8(key);
        byte* nativeValue = (byte*)Marshal.StringToCoTaskMemUTF8(value);
        try
        {
            Check(((delegate* unmanaged<nint, byte*, byte*, nint>)s_table[AddSessionConfigEntry])(options, nativeKey, nativeValue));
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)nativeKey);
            Marshal.FreeCoTaskMem((nint)nativeValue);
        }
    }

    public static nint NewCudaOptions()
    {
        nint cuda;
        Check(((delegate* unmanaged<nint*, nint>)s_table[CreateCUDAProviderOptions])(&cuda));
        return cuda;
    }

    /// <summary>Loads the CUDA provider library; its error names the missing file, which <see cref="AppendCuda"/> alone does not.</summary>
    public static void UpdateCudaOptions(nint cuda)
    {
        fixed (byte* key = "device_id"u8, value = "0"u8)
        {
            byte* keys = key;
            byte* values = value;
            Check(((delegate* unmanaged<nint, byte**, byte**, nuint, nint>)s_table[UpdateCUDAProviderOptions])(cuda, &keys, &values, 1));
        }
    }

    public static void AppendCuda(nint options, nint cuda) =>
        Check(((delegate* unmanaged<nint, nint, nint>)s_table[SessionOptionsAppendExecutionProvider_CUDA_V2])(options, cuda));

    public static void ReleaseCudaOptions(nint cuda) => ((delegate* unmanaged<nint, void>)s_table[ReleaseCUDAProviderOptions])(cuda);

    public static void ReleaseSessionOptions(nint options) => ((delegate* unmanaged<nint, void>)s_table[OrtOrdinals.ReleaseSessionOptions])(options);

    // Session
    public static nint NewSession(nint env, string path, nint options)
    {
        // ORTCHAR_T: UTF-8 here; Windows would want UTF-16, and its library is not shipped.
        nint nativePath = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            nint session;
            Check(((delegate* unmanaged<nint, nint, nint, nint*, nint>)s_table[CreateSession])(env, nativePath, options, &session));
            return session;
        }
        finally
        {
            Marshal.FreeCoTaskMem(nativePath);
        }
    }

    /// <summary>The bytes are read during the call only.</summary>
    public static nint NewSession(nint env, ReadOnlySpan<byte> model, nint options)
    {
        fixed (byte* bytes = model)
        {
            nint session;
            Check(((delegate* unmanaged<nint, void*, nuint, nint, nint*, nint>)s_table[CreateSessionFromArray])(env, bytes, (nuint)model.Length, options, &session));
            return session;
        }
    }

    public static int Count(nint session, SessionPart part)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)s_table[part switch { SessionPart.Output => SessionGetOutputCount, SessionPart.Input => SessionGetInputCount, _ => SessionGetOverridableInitializerCount }])(session, &count));
        return checked((int)count);
    }

    public static string Name(nint session, int index, SessionPart part)
    {
        nint allocator;
        Check(((delegate* unmanaged<nint*, nint>)s_table[GetAllocatorWithDefaultOptions])(&allocator)); // belongs to the process: never released
        byte* name;
        int ordinal = part switch { SessionPart.Output => SessionGetOutputName, SessionPart.Input => SessionGetInputName, _ => SessionGetOverridableInitializerName };
        Check(((delegate* unmanaged<nint, nuint, nint, byte**, nint>)s_table[ordinal])(session, (nuint)index, allocator, &name));
        try
        {
            return Utf8(name);
        }
        finally
        {
            Check(((delegate* unmanaged<nint, void*, nint>)s_table[AllocatorFree])(allocator, name));
        }
    }

    public static TensorInfo Describe(nint session, int index, SessionPart part)
    {
        string name = Name(session, index, part);
        nint type;
        int ordinal = part switch { SessionPart.Output => SessionGetOutputTypeInfo, SessionPart.Input => SessionGetInputTypeInfo, _ => SessionGetOverridableInitializerTypeInfo };
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)s_table[ordinal])(session, (nuint)index, &type));
        try
        {
            int kind;
            Check(((delegate* unmanaged<nint, int*, nint>)s_table[GetOnnxTypeFromTypeInfo])(type, &kind));
            if ((OnnxType)kind != OnnxType.Tensor)
            {
                return new TensorInfo(name, ElementType.Undefined, [], []);
            }

            nint tensor; // borrowed from type, never released
            Check(((delegate* unmanaged<nint, nint*, nint>)s_table[CastTypeInfoToTensorInfo])(type, &tensor));
            int element;
            Check(((delegate* unmanaged<nint, int*, nint>)s_table[GetTensorElementType])(tensor, &element));
            nuint rank;
            Check(((delegate* unmanaged<nint, nuint*, nint>)s_table[GetDimensionsCount])(tensor, &rank));
            var dimensions = new long[rank];
            var symbolPointers = new nint[rank];
            fixed (long* d = dimensions)
            fixed (nint* s = symbolPointers)
            {
                Check(((delegate* unmanaged<nint, long*, nuint, nint>)s_table[GetDimensions])(tensor, d, rank));
                Check(((delegate* unmanaged<nint, nint*, nuint, nint>)s_table[GetSymbolicDimensions])(tensor, s, rank));
            }

            return new TensorInfo(name, (ElementType)element, dimensions, Array.ConvertAll(symbolPointers, p => Utf8((byte*)p)));
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)s_table[ReleaseTypeInfo])(type);
        }
    }

    public static void ReleaseSession(nint session) => ((delegate* unmanaged<nint, void>)s_table[OrtOrdinals.ReleaseSession])(session);

    // Values
    /// <summary>A description of plain CPU memory; lives as long as the process.</summary>
    public static nint NewCpuMemoryInfo()
    {
        nint info;
        Check(((delegate* unmanaged<int, int, nint*, nint>)s_table[CreateCpuMemoryInfo])(0 /* device allocator */, 0 /* default memory */, &info));
        return info;
    }

    /// <summary>A tensor over memory that stays the caller's and must outlive the value.</summary>
    public static nint NewTensor(nint memoryInfo, void* data, nuint bytes, long* shape, int rank, ElementType type)
    {
        nint value;
        Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)s_table[CreateTensorWithDataAsOrtValue])(
            memoryInfo, data, bytes, shape, (nuint)rank, (int)type, &value));
        return value;
    }

    public static void ReleaseValue(nint value) => ((delegate* unmanaged<nint, void>)s_table[OrtOrdinals.ReleaseValue])(value);

    /// <summary>Start of a CPU tensor's elements.</summary>
    public static void* TensorData(nint value)
    {
        void* data;
        Check(((delegate* unmanaged<nint, void**, nint>)s_table[GetTensorMutableData])(value, &data));
        return data;
    }

    public static long ElementCount(nint value) => Shape(value, null, 0).Length;

    /// <summary>Writes the sizes of a tensor to <paramref name="shape"/> unless it is null.</summary>
    /// <exception cref="NotSupportedException">More sizes than the caller has room for.</exception>
    public static (int Rank, long Length) Shape(nint value, long* shape, int room)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)s_table[GetTensorTypeAndShape])(value, &info));
        try
        {
            nuint length;
            nuint rank = 0;
            Check(((delegate* unmanaged<nint, nuint*, nint>)s_table[GetTensorShapeElementCount])(info, &length));
            if (shape is not null)
            {
                Check(((delegate* unmanaged<nint, nuint*, nint>)s_table[GetDimensionsCount])(info, &rank));
                if (rank > (nuint)room)
                {
                    throw new NotSupportedException($"A tensor of rank {rank}; at most {room} is supported.");
                }

                Check(((delegate* unmanaged<nint, long*, nuint, nint>)s_table[GetDimensions])(info, shape, rank));
            }

            return ((int)rank, (long)length);
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)s_table[ReleaseTensorTypeAndShapeInfo])(info);
        }
    }

    // Custom operators
    /// <summary>A domain with one operator; domains of one name are one to a session. Lives as long as the process.</summary>
    public static nint NewCustomOpDomain(string name, CustomOp* op)
    {
        nint nativeName = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            nint domain;
            Check(((delegate* unmanaged<nint, nint*, nint>)s_table[CreateCustomOpDomain])(nativeName, &domain));
            Check(((delegate* unmanaged<nint, CustomOp*, nint>)s_table[CustomOpDomain_Add])(domain, op));
            return domain;
        }
        finally
        {
            Marshal.FreeCoTaskMem(nativeName);
        }
    }

    public static void AddDomain(nint options, nint domain) => Check(((delegate* unmanaged<nint, nint, nint>)s_table[AddCustomOpDomain])(options, domain));

    /// <summary>0 for an input that was left out.</summary>
    public static nint KernelInput(nint context, int index)
    {
        nint value;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)s_table[KernelContext_GetInput])(context, (nuint)index, &value));
        return value;
    }

    public static nint KernelOutput(nint context, int index, long* shape, int rank)
    {
        nint value;
        Check(((delegate* unmanaged<nint, nuint, long*, nuint, nint*, nint>)s_table[KernelContext_GetOutput])(context, (nuint)index, shape, (nuint)rank, &value));
        return value;
    }

    /// <param name="code">Not <see cref="OrtErrorCode.Ok"/>.</param>
    /// <param name="message">UTF-8 with its final zero; copied.</param>
    public static nint NewStatus(OrtErrorCode code, ReadOnlySpan<byte> message)
    {
        fixed (byte* text = message)
        {
            return ((delegate* unmanaged<int, byte*, nint>)s_table[CreateStatus])((int)code, text);
        }
    }

    // Run
    public static nint NewRunOptions()
    {
        nint options;
        Check(((delegate* unmanaged<nint*, nint>)s_table[CreateRunOptions])(&options));
        return options;
    }

    public static void SetTerminate(nint runOptions, bool on) =>
        Check(((delegate* unmanaged<nint, nint>)s_table[on ? RunOptionsSetTerminate : RunOptionsUnsetTerminate])(runOptions));

    /// <summary>Reads an .onnx_adapter file.</summary>
    public static nint NewLoraAdapter(string path)
    {
        nint nativePath = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            nint adapter;
            Check(((delegate* unmanaged<nint, nint, nint*, nint>)s_table[CreateLoraAdapter])(nativePath, 0 /* its tensors stay on the CPU */, &adapter));
            return adapter;
        }
        finally
        {
            Marshal.FreeCoTaskMem(nativePath);
        }
    }

    /// <summary>The adapter must outlive the options.</summary>
    public static void AddActiveAdapter(nint runOptions, nint adapter) => Check(((delegate* unmanaged<nint, nint, nint>)s_table[RunOptionsAddActiveLoraAdapter])(runOptions, adapter));

    public static void ReleaseAdapter(nint adapter) => ((delegate* unmanaged<nint, void>)s_table[ReleaseLoraAdapter])(adapter);

    public static void ReleaseRunOptions(nint options) => ((delegate* unmanaged<nint, void>)s_table[OrtOrdinals.ReleaseRunOptions])(options);

    /// <summary>Returns the status instead of throwing: the caller tells a termination from a failure.</summary>
    public static nint Run(nint session, nint runOptions, byte** inputNames, nint* inputs, int inputCount, byte** outputNames, int outputCount, nint* outputs) =>
        ((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)s_table[OrtOrdinals.Run])(
            session, runOptions, inputNames, inputs, (nuint)inputCount, outputNames, (nuint)outputCount, outputs);

    public static string Utf8(byte* text) => text is null ? "" : Marshal.PtrToStringUTF8((nint)text) ?? "";
}
