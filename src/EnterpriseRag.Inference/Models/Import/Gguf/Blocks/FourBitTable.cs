namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>The sixteen uneven steps of the IQ4 types (constants of the format).</summary>
internal static class FourBitTable
{
    public static ReadOnlySpan<sbyte> Values => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
}
