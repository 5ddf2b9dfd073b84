using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Native.Bindings;

/// <summary>
/// OrtCustomOp of onnxruntime_c_api.h as of API version 16, field by field, and two fields of our own behind it: the library passes the address of the whole to
/// every callback.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CustomOp
{
    public const uint ApiVersion = 16;

    public uint Version;
    public void* CreateKernel; // the older pair of callbacks without a status: not used
    public delegate* unmanaged<CustomOp*, byte*> GetName;
    public delegate* unmanaged<CustomOp*, byte*> GetExecutionProviderType;
    public delegate* unmanaged<CustomOp*, nuint, int> GetInputType;
    public delegate* unmanaged<CustomOp*, nuint> GetInputTypeCount;
    public delegate* unmanaged<CustomOp*, nuint, int> GetOutputType;
    public delegate* unmanaged<CustomOp*, nuint> GetOutputTypeCount;
    public void* KernelCompute;
    public delegate* unmanaged<CustomOp*, void> KernelDestroy;
    public delegate* unmanaged<CustomOp*, nuint, int> GetInputCharacteristic;
    public delegate* unmanaged<CustomOp*, nuint, int> GetOutputCharacteristic;
    public delegate* unmanaged<CustomOp*, nuint, int> GetInputMemoryType;
    public delegate* unmanaged<CustomOp*, int> GetVariadicInputMinArity;
    public delegate* unmanaged<CustomOp*, int> GetVariadicInputHomogeneity;
    public delegate* unmanaged<CustomOp*, int> GetVariadicOutputMinArity;
    public delegate* unmanaged<CustomOp*, int> GetVariadicOutputHomogeneity;
    public delegate* unmanaged<CustomOp*, void*, nint, CustomOp**, nint> CreateKernelV2;
    public delegate* unmanaged<CustomOp*, nint, nint> KernelComputeV2;

    public byte* Name;
    public GCHandle<CustomOperator> Operator;
}
