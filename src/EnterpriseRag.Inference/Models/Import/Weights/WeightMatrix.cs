using System.Buffers;
using System.Globalization;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>Rows of one stored tensor, in their new order.</summary>
internal sealed record RowSection(SourceTensor Tensor, int FirstRow, int Rows, RowOrder Order);

/// <summary>
/// A weight of the graph: N rows of K values, put together from sections of stored tensors (for example Q above K above V). The same
/// class holds a bias or a norm as one row.
/// </summary>
internal sealed class WeightMatrix
{
    // Values decoded at a time: 1 MB as floats, so that both threads stay in the second-level cache's reach and memory is bounded.
    private const int ChunkValues = 1 << 18;

    public WeightMatrix(string name, params IReadOnlyList<RowSection> sections)
    {
        Name = name;
        Sections = sections;
        Columns = sections[0].Tensor.Columns;
        Rows = checked(sections.Sum(section => section.Rows));
        foreach (var section in sections)
        {
            if (section.Tensor.Columns != Columns || section.Rows % section.Order.Group != 0 || section.FirstRow + section.Rows > section.Tensor.Rows)
            {
                throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor '{section.Tensor.Name}' has {section.Tensor.Rows} rows of {section.Tensor.Columns} values, which does not fit the sizes in the metadata. The file is damaged."));
            }
        }
    }

    public WeightMatrix(string name, SourceTensor tensor)
        : this(name, new RowSection(tensor, 0, tensor.Rows, RowOrder.AsStored))
    {
    }

    public string Name { get; }

    public IReadOnlyList<RowSection> Sections { get; }

    public int Rows { get; }

    public int Columns { get; }

    public long Values => (long)Rows * Columns;

    /// <summary>Bytes read from the source: what progress counts.</summary>
    public long SourceBytes => Sections.Sum(section => (long)section.Rows * section.Tensor.RowBytes);

    /// <summary>Receives packed rows, in order; <paramref name="firstRow"/> counts from the matrix's start.</summary>
    public delegate void PackedRows(RowSection section, int firstRow, int rows, ReadOnlySpan<byte> packed);

    /// <summary>Hands over all rows in order, in chunks of bounded size.</summary>
    public void ForEachChunk(PackedRows receive, CancellationToken cancellationToken)
    {
        var sectionStart = 0;
        foreach (var section in Sections)
        {
            var rowBytes = section.Tensor.RowBytes;
            var group = section.Order.Group;
            var step = Math.Min(Math.Max(ChunkValues / Columns / group, 1) * group, section.Rows);
            var bytes = checked(step * rowBytes);
            var stored = ArrayPool<byte>.Shared.Rent(bytes);
            var ordered = ArrayPool<byte>.Shared.Rent(group > 1 ? bytes : 1);
            try
            {
                for (var row = 0; row < section.Rows; row += step)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var rows = Math.Min(step, section.Rows - row);
                    var chunk = stored.AsSpan(0, rows * rowBytes);
                    section.Tensor.ReadRows(section.FirstRow + row, chunk);
                    if (group > 1)
                    {
                        section.Order.Apply(chunk, ordered.AsSpan(0, chunk.Length), rowBytes);
                        chunk = ordered.AsSpan(0, chunk.Length);
                    }

                    receive(section, sectionStart + row, rows, chunk);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(stored);
                ArrayPool<byte>.Shared.Return(ordered);
            }

            sectionStart += section.Rows;
        }
    }
}
