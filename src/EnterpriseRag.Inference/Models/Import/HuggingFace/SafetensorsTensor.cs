namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>A tensor's description, checked: bytes inside the file, as many as its shape needs, no overlap.</summary>
/// <param name="Name">As in the file.</param>
/// <param name="Type">Such as F32, F16, BF16.</param>
/// <param name="Shape">Slowest dimension first; empty for a scalar.</param>
/// <param name="Offset">Of the first byte, from the start of the file.</param>
/// <param name="Bytes">Length of the data.</param>
internal sealed record SafetensorsTensor(string Name, string Type, IReadOnlyList<int> Shape, long Offset, long Bytes);
