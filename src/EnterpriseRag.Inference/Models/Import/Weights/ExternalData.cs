using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>A place in the external data file.</summary>
internal readonly record struct DataSlot(long Offset, long Bytes);

/// <summary>One weight on its way from the source to its slots. Jobs are independent: any order, several at a time.</summary>
internal abstract class WriteJob
{
    /// <summary>For error messages.</summary>
    public abstract string Name { get; }

    /// <summary>Work, in bytes of the source: for progress and for starting the longest first.</summary>
    public abstract long Work { get; }

    /// <exception cref="ModelImportException">The weight cannot be represented; the message completes "Tensor 'x' …".</exception>
    public abstract RoundingLoss Write(SafeFileHandle file, CancellationToken cancellationToken);
}

/// <summary>The layout of model.onnx.data, fixed before a byte is written: the graph file holds the same offsets.</summary>
internal sealed class ExternalData
{
    public const string FileName = "model.onnx.data";

    // A cache line: what the kernels' vector loads like; the runtime maps the file and uses tensors in place.
    private const int Alignment = 64;
    private readonly List<WriteJob> _jobs = [];

    public long Length { get; private set; }

    public IReadOnlyList<WriteJob> Jobs => _jobs;

    public DataSlot Reserve(long bytes)
    {
        var offset = (Length + Alignment - 1) / Alignment * Alignment;
        Length = offset + bytes;
        return new DataSlot(offset, bytes);
    }

    public void Add(WriteJob job) => _jobs.Add(job);
}
