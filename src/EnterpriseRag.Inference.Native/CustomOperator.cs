using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Native;

/// <summary>
/// An operator that graphs may use in the domain <see cref="Domain"/> and that this process computes: float tensors in, one float tensor out. An instance lives
/// as long as the process, like the environment. <see cref="Compute"/> is called on the threads that run sessions, several at once.
/// </summary>
internal abstract unsafe class CustomOperator
{
    /// <summary>Domain of our operators in a graph; its version is 1.</summary>
    public const string Domain = "enterpriserag";

    private readonly int _inputs;
    private readonly nint _domain;

    /// <param name="name">Operator type in the graph.</param>
    /// <param name="inputs">Inputs; the last one may be left out.</param>
    protected CustomOperator(string name, int inputs)
    {
        _inputs = inputs;
        var op = (CustomOp*)NativeMemory.AllocZeroed((nuint)sizeof(CustomOp)); // never freed: sessions keep the address
        op->Version = CustomOp.ApiVersion;
        op->GetName = &GetName;
        op->GetExecutionProviderType = &Cpu;
        op->GetInputType = &FloatType;
        op->GetInputTypeCount = &InputCount;
        op->GetOutputType = &FloatType;
        op->GetOutputTypeCount = &OutputCount;
        op->KernelDestroy = &Nothing;
        op->GetInputCharacteristic = &InputCharacteristic;
        op->GetOutputCharacteristic = &Required;
        op->GetInputMemoryType = &Required;
        op->GetVariadicInputMinArity = &Zero;
        op->GetVariadicInputHomogeneity = &Zero;
        op->GetVariadicOutputMinArity = &Zero;
        op->GetVariadicOutputHomogeneity = &Zero;
        op->CreateKernelV2 = &CreateKernel;
        op->KernelComputeV2 = &ComputeKernel;
        op->Name = (byte*)Marshal.StringToCoTaskMemUTF8(name);
        op->Operator = new GCHandle<CustomOperator>(this);
        _domain = OrtApi.NewCustomOpDomain(Domain, op);
    }

    /// <summary>Lets graphs of a session use this operator.</summary>
    internal void AddTo(nint sessionOptions) => OrtApi.AddDomain(sessionOptions, _domain);

    /// <summary>Computes one node. An exception becomes the run's error.</summary>
    protected abstract void Compute(OperatorCall call);

    [UnmanagedCallersOnly]
    private static byte* GetName(CustomOp* op) => op->Name;

    [UnmanagedCallersOnly]
    private static byte* Cpu(CustomOp* op) => null; // null means the CPU provider

    [UnmanagedCallersOnly]
    private static int FloatType(CustomOp* op, nuint index) => (int)ElementType.Float;

    [UnmanagedCallersOnly]
    private static nuint InputCount(CustomOp* op) => (nuint)op->Operator.Target._inputs;

    [UnmanagedCallersOnly]
    private static nuint OutputCount(CustomOp* op) => 1;

    [UnmanagedCallersOnly]
    private static void Nothing(CustomOp* op)
    {
        // the kernel is the operator itself
    }

    [UnmanagedCallersOnly]
    private static int InputCharacteristic(CustomOp* op, nuint index) => index == (nuint)(op->Operator.Target._inputs - 1) ? 1 /* optional */ : 0;

    [UnmanagedCallersOnly]
    private static int Required(CustomOp* op, nuint index) => 0; // also: default memory

    [UnmanagedCallersOnly]
    private static int Zero(CustomOp* op) => 0;

    [UnmanagedCallersOnly]
    private static nint CreateKernel(CustomOp* op, void* api, nint info, CustomOp** kernel)
    {
        *kernel = op;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static nint ComputeKernel(CustomOp* op, nint context)
    {
        try
        {
            op->Operator.Target.Compute(new OperatorCall(context));
            return 0;
        }
#pragma warning disable CA1031 // an exception that crosses into native code ends the process; it becomes the run's status
        catch (Exception e)
        {
            return OrtApi.NewStatus(OrtErrorCode.RuntimeException, Encoding.UTF8.GetBytes($"{op->Operator.Target.GetType().Name}: {e.Message}\0"));
        }
#pragma warning restore CA1031
    }
}

/// <summary>The tensors of one node's run; valid until <see cref="CustomOperator"/>'s Compute returns.</summary>
internal readonly unsafe ref struct OperatorCall(nint context)
{
    private const int MaxRank = 8;

    /// <summary>Elements of an input; empty when it was left out.</summary>
    public ReadOnlySpan<float> Input(int index)
    {
        nint value = OrtApi.KernelInput(context, index);
        return value == 0 ? default : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef<float>(OrtApi.TensorData(value)), checked((int)OrtApi.ElementCount(value)));
    }

    /// <summary>The output, in the shape of an input. Content undefined.</summary>
    public Span<float> OutputLike(int input)
    {
        long* shape = stackalloc long[MaxRank];
        (int rank, long length) = OrtApi.Shape(OrtApi.KernelInput(context, input), shape, MaxRank);
        return MemoryMarshal.CreateSpan(ref Unsafe.AsRef<float>(OrtApi.TensorData(OrtApi.KernelOutput(context, 0, shape, rank))), checked((int)length));
    }
}
