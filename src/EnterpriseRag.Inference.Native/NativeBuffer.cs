using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Native;

/// <summary>
/// Memory outside the managed heap, aligned to 64 bytes (cache line, AVX-512). Its content is undefined at first; pages that are never touched cost no
/// physical memory, so a large buffer is only as expensive as its used part.
/// </summary>
internal sealed unsafe partial class NativeBuffer : SafeHandle
{
    private const int Alignment = 64;
    private const int PageBytes = 4096;

    // linux/mman.h: PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE; the rest are advices.
    private const int ReadWrite = 0x1 | 0x2;
    private const int PrivateAnonymousUnreserved = 0x02 | 0x20 | 0x4000;
    private const int DontNeed = 4;
    private const int NoHugePages = 15;

    private readonly bool _mapped;

    public NativeBuffer(long bytes)
        : this(bytes, mapped: false)
    {
    }

    private NativeBuffer(long bytes, bool mapped)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        _mapped = mapped;
        Bytes = bytes;
        SetHandle(mapped ? Map((nuint)bytes) : (nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment));
    }

    public long Bytes { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>Start of the memory; only inside a scope that keeps this buffer alive.</summary>
    public byte* Pointer => (byte*)handle;

    /// <summary>A part of the memory; only inside a scope that keeps this buffer alive.</summary>
    public Span<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Bytes, nameof(length));
        return new Span<byte>(Pointer + offset, length);
    }

    /// <summary>
    /// Address space in pages of 4 KB, for buffers that are mostly empty: a page costs memory from its first write until <see cref="Discard"/>. Large pages are
    /// refused, because one would cost 2 MB for a first byte.
    /// </summary>
    public static NativeBuffer Reserve(long bytes) => new(bytes, mapped: OperatingSystem.IsLinux());

    /// <summary>Gives the whole pages inside the range back to the system; their content is gone (zero). Does nothing for memory that was not reserved.</summary>
    public void Discard(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Bytes, nameof(length));
        long first = (offset + PageBytes - 1) / PageBytes * PageBytes;
        long end = (offset + length) / PageBytes * PageBytes;
        if (_mapped && end > first)
        {
            _ = Advise(handle + (nint)first, (nuint)(end - first), DontNeed); // advice: where the system declines, memory stays as it is
        }
    }

    protected override bool ReleaseHandle()
    {
        if (_mapped)
        {
            return Unmap(handle, (nuint)Bytes) == 0;
        }

        NativeMemory.AlignedFree((void*)handle);
        return true;
    }

    private static nint Map(nuint bytes)
    {
        nint start = MapMemory(0, bytes, ReadWrite, PrivateAnonymousUnreserved, -1, 0);
        if (start == -1)
        {
            throw new InvalidOperationException($"The system gives no address space of {bytes:N0} bytes; lower Inference:Generation:CacheMegabytes or MaxConcurrency, or raise the process's limit.");
        }

        _ = Advise(start, bytes, NoHugePages);
        return start;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
