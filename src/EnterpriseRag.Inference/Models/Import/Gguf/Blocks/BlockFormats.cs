using System.Collections.Frozen;
using System.Globalization;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>The tensor types this importer reads, by number, and the names of those it refuses.</summary>
internal static class BlockFormats
{
    private static readonly FrozenDictionary<uint, BlockFormat> s_byId = Registered<BlockFormat>.All.ToFrozenDictionary(format => format.Id);

    // Published numbers of the GGUF format: only so that a refusal can name what it refuses.
    private static readonly FrozenDictionary<uint, string> s_names = new Dictionary<uint, string>
    {
        [9] = "Q8_1", [15] = "Q8_K", [16] = "IQ2_XXS", [17] = "IQ2_XS", [18] = "IQ3_XXS", [19] = "IQ1_S", [21] = "IQ3_S", [22] = "IQ2_S",
        [24] = "I8", [25] = "I16", [26] = "I32", [27] = "I64", [28] = "F64", [29] = "IQ1_M", [34] = "TQ1_0", [35] = "TQ2_0", [39] = "MXFP4",
    }.ToFrozenDictionary();

    public static BlockFormat Find(uint id, string tensor)
    {
        if (s_byId.TryGetValue(id, out var format))
        {
            return format;
        }

        var name = s_names.GetValueOrDefault(id) ?? string.Create(CultureInfo.InvariantCulture, $"type {id}");
        throw new ModelImportException($"Tensor '{tensor}' is stored as {name}, which this importer does not read. Take a file of the same model in one of: {string.Join(", ", s_byId.Values.OrderBy(f => f.Id).Select(f => f.Name))}.");
    }

    public static BlockFormat Named(string name) => s_byId.Values.Single(format => string.Equals(format.Name, name, StringComparison.Ordinal));
}
