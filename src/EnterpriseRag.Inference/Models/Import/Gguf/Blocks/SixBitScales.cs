namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>Eight scales and eight minima of 6 bits in 12 bytes, shared by Q4_K and Q5_K: the first four whole in their bytes, the others split.</summary>
internal static class SixBitScales
{
    public static (int Scale, int Minimum) Read(ReadOnlySpan<byte> packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : ((packed[group + 4] & 15) | packed[group - 4] >> 6 << 4, packed[group + 4] >> 4 | packed[group] >> 6 << 4);
}
