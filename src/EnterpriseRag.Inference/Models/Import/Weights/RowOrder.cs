namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>
/// Where the rows of a stored weight go: within each group of <see cref="Group"/> rows, row t of the result is row
/// <c>order[t]</c> of the file. Moving rows never touches their bytes, so packed blocks move as they are.
/// </summary>
internal sealed class RowOrder
{
    public static readonly RowOrder AsStored = new([0]);

    private readonly int[] _order;

    private RowOrder(int[] order) => _order = order;

    public int Group => _order.Length;

    /// <summary>Row t of a group is this row of the file's group.</summary>
    public IReadOnlyList<int> Rows => _order;

    /// <summary>
    /// Undoes llama.cpp's interleaving for its rotation of adjacent pairs: in the file, row 2i + j of a head is what the architecture calls
    /// row j · half + i.
    /// </summary>
    public static RowOrder FromInterleavedHeads(int headSize)
    {
        var half = headSize / 2;
        return new RowOrder([.. Enumerable.Range(0, headSize).Select(row => (row % half * 2) + (row / half))]);
    }

    /// <summary>
    /// For heads of which only the first <paramref name="rotated"/> values turn: the two halves that turn go to the beginnings of the head's two halves, so that the
    /// tables of the attention node, as wide as half a head, fit. Exact: scores do not see an order that queries and keys share.
    /// </summary>
    public static RowOrder ForPartialRotation(int headSize, int rotated)
    {
        var (half, turn) = (headSize / 2, rotated / 2);
        return new RowOrder(
        [
            .. Enumerable.Range(0, turn),
            .. Enumerable.Range(rotated, half - turn),
            .. Enumerable.Range(turn, turn),
            .. Enumerable.Range(half + turn, half - turn),
        ]);
    }

    /// <summary>Copies whole groups of rows into their order.</summary>
    public void Apply(ReadOnlySpan<byte> stored, Span<byte> ordered, int rowBytes)
    {
        for (var group = 0; group < stored.Length; group += Group * rowBytes)
        {
            for (var row = 0; row < Group; row++)
            {
                stored.Slice(group + (_order[row] * rowBytes), rowBytes).CopyTo(ordered.Slice(group + (row * rowBytes), rowBytes));
            }
        }
    }
}
