using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>Writes the sum of small vectors and a number as floats.</summary>
internal sealed class VectorSumJob : WriteJob
{
    private readonly string _name;
    private readonly IReadOnlyList<WeightMatrix> _vectors;
    private readonly float _offset;
    private readonly DataSlot _slot;

    public VectorSumJob(string name, IReadOnlyList<WeightMatrix> vectors, float offset, DataSlot slot)
    {
        (_name, _vectors, _offset, _slot) = (name, vectors, offset, slot);
        if (vectors.Any(vector => vector.Values != vectors[0].Values))
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"The vectors of '{name}' differ in length. The file is damaged."));
        }
    }

    public override string Name => _name;

    public override long Work => _vectors.Sum(vector => vector.SourceBytes);

    public override RoundingLoss Write(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var sum = new float[_vectors[0].Values];
        sum.AsSpan().Fill(_offset);
        foreach (var vector in _vectors)
        {
            vector.ForEachChunk(
                (section, firstRow, rows, packed) =>
                {
                    var values = new float[rows * vector.Columns];
                    section.Tensor.Format.Decode(packed, values);
                    var target = sum.AsSpan(firstRow * vector.Columns, values.Length);
                    TensorPrimitives.Add(target, values, target);
                },
                cancellationToken);
        }

        FloatJob.RequireFinite(sum);
        RandomAccess.Write(file, MemoryMarshal.AsBytes<float>(sum), _slot.Offset);
        return default;
    }
}
