using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>A tensor's description, checked: dimensions above zero, whole blocks in a row, bytes inside the file, no overlap.</summary>
/// <param name="Name">At most 64 bytes.</param>
/// <param name="Dimensions">Fastest first, one to four: [columns, rows, …].</param>
/// <param name="Format">How values are packed.</param>
/// <param name="Offset">Of the first byte, from the start of the file.</param>
/// <param name="Bytes">Length of the data.</param>
internal sealed record GgufTensor(string Name, IReadOnlyList<int> Dimensions, BlockFormat Format, long Offset, long Bytes);
