using System.Text;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Native;

/// <summary>
/// One way to run a session: which tensor feeds which input and takes which output. Checked once when it is made; a run then allocates no managed memory.
/// Belongs to one thread; only <see cref="Terminate"/> may come from another. The same tensor may be an input and an output (a cache updated in place).
/// </summary>
internal sealed unsafe class RunPlan : IDisposable
{
    private readonly SessionHandle _session;
    private readonly RunOptionsHandle _options = new();
    private readonly OrtTensor[] _inputs;
    private readonly OrtTensor[] _outputs;
    private readonly NativeBuffer _block; // names' bytes, then two arrays of name pointers, then two arrays of value pointers
    private readonly byte** _inputNames;
    private readonly byte** _outputNames;
    private readonly nint* _inputValues;
    private readonly nint* _outputValues;
    private readonly bool _holdsSession;
    private LoraAdapterHandle? _adapter; // a counted reference
    private volatile bool _terminating;
    private bool _disposed;

    /// <exception cref="ArgumentException">An input is missing, a name is unknown, or a type differs from the graph's. (The library itself does not notice a missing input before a kernel fails on it.)</exception>
    public RunPlan(OrtSession session, IReadOnlyList<(string Name, OrtTensor Tensor)> inputs, IReadOnlyList<(string Name, OrtTensor Tensor)> outputs)
    {
        Validate(session.Inputs, inputs, "input", all: true, session.Overridable);
        Validate(session.Outputs, outputs, "output", all: false, []);
        _inputs = [.. inputs.Select(i => i.Tensor)];
        _outputs = [.. outputs.Select(o => o.Tensor)];

        int pointers = 2 * (inputs.Count + outputs.Count);
        int text = inputs.Concat(outputs).Sum(x => Encoding.UTF8.GetByteCount(x.Name) + 1);
        _block = new NativeBuffer((pointers * sizeof(nint)) + text);
        _inputNames = (byte**)_block.Pointer;
        _outputNames = _inputNames + inputs.Count;
        _inputValues = (nint*)(_outputNames + outputs.Count);
        _outputValues = _inputValues + inputs.Count;
        byte* next = (byte*)(_outputValues + outputs.Count);
        next = WriteNames(inputs, _inputNames, next);
        WriteNames(outputs, _outputNames, next);

        _session = session.Handle;
        _session.DangerousAddRef(ref _holdsSession);
    }

    /// <summary>Runs with the present shapes and contents of the tensors; returns when the outputs are written.</summary>
    /// <exception cref="OperationCanceledException"><see cref="Terminate"/> was called; outputs are undefined, the session stays usable.</exception>
    /// <exception cref="OrtException">The run failed.</exception>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int i = 0; i < _inputs.Length; i++)
        {
            _inputValues[i] = _inputs[i].Value.Pointer;
        }

        for (int i = 0; i < _outputs.Length; i++)
        {
            _outputValues[i] = _outputs[i].Value.Pointer;
        }

        nint status = OrtApi.Run(
            _session.Pointer, _options.Pointer, _inputNames, _inputValues, _inputs.Length, _outputNames, _outputs.Length, _outputValues);
        if (status == 0)
        {
            return;
        }

        if (_terminating)
        {
            // The library has no code for it, only a text; our own flag is the better witness.
            OrtApi.ReleaseStatus(status);
            throw new OperationCanceledException("The run was terminated.");
        }

        OrtApi.Check(status);
    }

    /// <summary>Lets all further runs use an adapter. The plan keeps it alive; not during a run, once.</summary>
    public void Use(LoraAdapterHandle adapter)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_adapter is not null)
        {
            throw new InvalidOperationException("The plan has an adapter already.");
        }

        bool held = false;
        adapter.DangerousAddRef(ref held);
        _adapter = adapter;
        OrtApi.AddActiveAdapter(_options.Pointer, adapter.Pointer);
    }

    /// <summary>Makes the running call (or the next) end at its next node. From any thread, also after <see cref="Dispose"/>.</summary>
    public void Terminate()
    {
        bool held = false;
        try
        {
            _options.DangerousAddRef(ref held);
            _terminating = true;
            OrtApi.SetTerminate(_options.Pointer, on: true);
        }
        catch (ObjectDisposedException)
        {
            // the plan is gone, and with it every run
        }
        finally
        {
            if (held)
            {
                _options.DangerousRelease();
            }
        }
    }

    /// <summary>Permits runs again. The caller has made sure that no <see cref="Terminate"/> for the past work can still come.</summary>
    public void ResetTermination()
    {
        if (_terminating)
        {
            OrtApi.SetTerminate(_options.Pointer, on: false);
            _terminating = false;
        }
    }

    /// <summary>Not during a run. The tensors stay the caller's.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _options.Dispose();
        _adapter?.DangerousRelease();
        _block.Dispose();
        if (_holdsSession)
        {
            _session.DangerousRelease();
        }
    }

    private static byte* WriteNames(IReadOnlyList<(string Name, OrtTensor Tensor)> bindings, byte** pointers, byte* text)
    {
        for (int i = 0; i < bindings.Count; i++)
        {
            pointers[i] = text;
            string name = bindings[i].Name;
            text += Encoding.UTF8.GetBytes(name, new Span<byte>(text, Encoding.UTF8.GetByteCount(name)));
            *text++ = 0;
        }

        return text;
    }

    private static void Validate(IReadOnlyList<TensorInfo> declared, IReadOnlyList<(string Name, OrtTensor Tensor)> bound, string kind, bool all, IReadOnlyList<TensorInfo> optional)
    {
        foreach ((string name, OrtTensor tensor) in bound)
        {
            TensorInfo info = declared.Concat(optional).FirstOrDefault(d => string.Equals(d.Name, name, StringComparison.Ordinal))
                ?? throw new ArgumentException($"The model has no {kind} '{name}'; it has {string.Join("; ", declared)}.");
            if (info.Type != tensor.Type)
            {
                throw new ArgumentException($"The model's {kind} is {info}; a {tensor.Type} tensor was bound to it.");
            }

            if (tensor.Shape.Length != 0 && tensor.Shape.Length != info.Rank)
            {
                throw new ArgumentException($"The model's {kind} is {info}; a tensor of rank {tensor.Shape.Length} was bound to it.");
            }
        }

        if (bound.Select(b => b.Name).Distinct(StringComparer.Ordinal).Count() != bound.Count)
        {
            throw new ArgumentException($"An {kind} is bound twice.");
        }

        if (all && declared.FirstOrDefault(d => bound.All(b => !string.Equals(b.Name, d.Name, StringComparison.Ordinal))) is { } missing)
        {
            throw new ArgumentException($"The {kind} {missing} is not bound.");
        }
    }
}
