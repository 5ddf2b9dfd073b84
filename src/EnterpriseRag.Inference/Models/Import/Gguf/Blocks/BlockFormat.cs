namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>How one GGUF tensor type packs its values. One sealed class a type; <see cref="Registered{T}"/> finds them. Stateless and thread-safe.</summary>
internal abstract class BlockFormat(uint id, string name, int values, int bytes)
{
    /// <summary>Number of the type in the file.</summary>
    public uint Id { get; } = id;

    public string Name { get; } = name;

    /// <summary>Values of one block; a row of a tensor is a whole number of blocks.</summary>
    public int Values { get; } = values;

    /// <summary>Bytes of one block.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>True for F32, F16 and BF16: nothing was rounded to a grid yet.</summary>
    public bool IsFloat => Values == 1;

    /// <summary>Writes the values of whole blocks; <paramref name="values"/> holds exactly as many.</summary>
    public abstract void Decode(ReadOnlySpan<byte> blocks, Span<float> values);

    /// <summary>
    /// Writes the same values as 8-bit blocks of 32 ((q − 128) · scale), when the type's own grid fits without rounding; false and nothing
    /// written when it does not.
    /// </summary>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="quants">One byte a value.</param>
    /// <param name="scales">One a block of 32.</param>
    public virtual bool TryRepackEightBit(ReadOnlySpan<byte> blocks, Span<byte> quants, Span<float> scales) => false;

    /// <summary>As <see cref="TryRepackEightBit"/> with 4-bit blocks of 32: (q − 8) · scale, the even value of a pair in the low nibble.</summary>
    public virtual bool TryRepackFourBit(ReadOnlySpan<byte> blocks, Span<byte> quants, Span<float> scales) => false;
}
