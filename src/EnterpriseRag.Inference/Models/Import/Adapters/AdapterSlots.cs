using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseRag.Inference.Models.Import.Graphs;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Adapters;

/// <summary>adapter_slots.json of an imported decoder: which product of the graph computes which published modules, so that an adapter's rows find theirs.</summary>
/// <param name="Products">In the graph's order.</param>
internal sealed record AdapterSlots(IReadOnlyList<AdapterSlot> Products)
{
    public const string FileName = "adapter_slots.json";

    private const string Weight = ".weight";

    /// <param name="graph">After its last node.</param>
    /// <param name="part">The published module behind a section; null where no adapter's rows would fit.</param>
    public static AdapterSlots Of(GraphBuilder graph, Func<RowSection, AdapterPart?> part) =>
        new([.. graph.Products.Select(product => new AdapterSlot(product.Node, product.Weight.Columns, product.Weight.Rows, [.. product.Weight.Sections.Select(part)]))
            .Where(slot => slot.Parts.All(p => p is not null))]);

    public static AdapterSlots Parse(ReadOnlySpan<byte> json)
    {
        var slots = JsonSerializer.Deserialize(json, AdapterSlotsJson.Default.AdapterSlots) ?? throw new JsonException("The list of slots is null.");
        foreach (var slot in slots.Products)
        {
            if (slot.Parts.Any(part => part is null || part.FirstRow < 0 || part.Rows < 1 || part.Order is { Count: 0 } || part.Order?.Any(row => row < 0 || row >= part.Order.Count) == true || (part.Order is not null && part.Rows % part.Order.Count != 0))
                || slot.Inputs < 1 || slot.Parts.Sum(part => (long)(part?.Rows ?? 0)) != slot.Outputs)
            {
                throw new JsonException($"The slot '{slot.Node}' contradicts itself.");
            }
        }

        return slots;
    }

    /// <summary>Name of a module whose weight is a tensor.</summary>
    public static string Module(string tensor) => tensor.EndsWith(Weight, StringComparison.Ordinal) ? tensor[..^Weight.Length] : tensor;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AdapterSlotsJson.Default.AdapterSlots);
}

/// <param name="Node">The product's node, and the stem of its adapter's inputs.</param>
/// <param name="Inputs">K.</param>
/// <param name="Outputs">N.</param>
/// <param name="Parts">Whose rows stand above each other.</param>
internal sealed record AdapterSlot(string Node, int Inputs, int Outputs, IReadOnlyList<AdapterPart?> Parts)
{
    /// <summary>Input of the graph, float [K, rank].</summary>
    [JsonIgnore]
    public string DownInput => $"{Node}.lora_A";

    /// <summary>Input of the graph, float [rank, N].</summary>
    [JsonIgnore]
    public string UpInput => $"{Node}.lora_B";
}

/// <summary>Rows of a published module in a product.</summary>
/// <param name="Module">As in the published folder, such as model.layers.0.self_attn.q_proj.</param>
/// <param name="FirstRow">Of the module.</param>
/// <param name="Rows">How many.</param>
/// <param name="Order">Within each group of as many rows, row t of the product is row order[t] of the module; null = as published.</param>
internal sealed record AdapterPart(string Module, int FirstRow, int Rows, IReadOnlyList<int>? Order)
{
    /// <summary>Row of the module that is this part's row.</summary>
    public int Published(int row) => FirstRow + (Order is null ? row : (row / Order.Count * Order.Count) + Order[row % Order.Count]);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AdapterSlots))]
internal sealed partial class AdapterSlotsJson : JsonSerializerContext;
