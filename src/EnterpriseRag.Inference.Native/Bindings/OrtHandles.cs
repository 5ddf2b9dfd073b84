using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Native.Bindings;

/// <summary>A native object that is released exactly once. Zero is the only invalid value.</summary>
internal abstract class OrtHandle : SafeHandle
{
    protected OrtHandle(nint native)
        : base(0, ownsHandle: true) => SetHandle(native);

    public override bool IsInvalid => handle == 0;

    /// <summary>The pointer; only inside a scope that keeps this handle alive.</summary>
    public nint Pointer => handle;
}

internal sealed class SessionOptionsHandle() : OrtHandle(OrtApi.NewSessionOptions())
{
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseSessionOptions(handle);
        return true;
    }
}

/// <summary>The environment lives as long as the process, so a session needs no reference on it.</summary>
internal sealed class SessionHandle(nint native) : OrtHandle(native)
{
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseSession(handle);
        return true;
    }
}

internal sealed class RunOptionsHandle() : OrtHandle(OrtApi.NewRunOptions())
{
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseRunOptions(handle);
        return true;
    }
}

internal sealed class LoraAdapterHandle(string path) : OrtHandle(OrtApi.NewLoraAdapter(path))
{
    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseAdapter(handle);
        return true;
    }
}

/// <summary>An OrtValue over a <see cref="NativeBuffer"/>; holds a counted reference on the buffer until the value is gone.</summary>
internal sealed class ValueHandle : OrtHandle
{
    private readonly NativeBuffer _memory;
    private readonly bool _holdsMemory;

    public ValueHandle(NativeBuffer memory)
        : base(0)
    {
        _memory = memory;
        memory.DangerousAddRef(ref _holdsMemory);
    }

    /// <summary>
    /// Puts another value over the same memory in place of the present one. Reusing the handle keeps a decode step free of managed allocations.
    /// Only the thread that owns the tensor may call it, and never during a run.
    /// </summary>
    public void Replace(nint value)
    {
        nint old = handle;
        SetHandle(value);
        if (old != 0)
        {
            OrtApi.ReleaseValue(old);
        }
    }

    // SafeHandle skips ReleaseHandle for an invalid handle; the reference on the buffer must go in either case.
    public override bool IsInvalid => false;

    protected override bool ReleaseHandle()
    {
        if (handle != 0)
        {
            OrtApi.ReleaseValue(handle);
        }

        if (_holdsMemory)
        {
            _memory.DangerousRelease();
        }

        return true;
    }
}
