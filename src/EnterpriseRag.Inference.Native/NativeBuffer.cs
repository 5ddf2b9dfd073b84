using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Native;

/// <summary>
/// Memory outside the managed heap, aligned to 64 bytes (cache line, AVX-512). Its content is undefined at first; pages that are never touched cost no
/// physical memory, so a large buffer is only as expensive as its used part.
/// </summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    private const int Alignment = 64;

    public NativeBuffer(long bytes)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment));
        Bytes = bytes;
    }

    public long Bytes { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>Start of the memory; only inside a scope that keeps this buffer alive.</summary>
    public byte* Pointer => (byte*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
