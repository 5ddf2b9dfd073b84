using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.HuggingFace;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Adapters;

/// <summary>What an adapter feeds to the slots of its base, scaled and in the graph's layout; slots that it leaves alone are absent.</summary>
internal sealed record AdapterWeights(IReadOnlyList<AdapterProduct> Products)
{
    /// <summary>The file in an imported adapter's folder.</summary>
    public const string FileName = "adapter.safetensors";

    private const int MaxRank = 1 << 14;

    /// <summary>Reads an imported adapter.</summary>
    /// <param name="folder">Verified.</param>
    /// <param name="slots">Of its base.</param>
    /// <exception cref="ModelImportException">It does not fit this base.</exception>
    public static AdapterWeights Read(string folder, AdapterSlots slots)
    {
        using var file = SafetensorsSet.Of(folder, [FileName]);
        var left = file.Tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var products = new List<AdapterProduct>();
        foreach (var slot in slots.Products.Where(slot => left.Contains(slot.DownInput)))
        {
            var (down, up) = (file.Find(slot.DownInput), file.Find(slot.UpInput));
            if (down is null || up is null || down.Rows != slot.Inputs || up.Columns != slot.Outputs || down.Columns != up.Rows || up.Rows > MaxRank)
            {
                throw new ModelImportException($"The adapter's tensors for '{slot.Node}' do not fit this model. It was made for another one.");
            }

            products.Add(new AdapterProduct(slot, up.Rows, Floats(down), Floats(up)));
            left.Remove(slot.DownInput);
            left.Remove(slot.UpInput);
        }

        return left.Count == 0 ? new AdapterWeights(products) : throw new ModelImportException($"The adapter has a tensor '{left.Order(StringComparer.Ordinal).First()}' for which this model has no place. It was made for another one.");
    }

    public byte[] ToSafetensors()
    {
        var header = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        long offset = 0;
        foreach (var product in Products)
        {
            header[product.Slot.DownInput] = Entry(product.Slot.Inputs, product.Rank);
            header[product.Slot.UpInput] = Entry(product.Rank, product.Slot.Outputs);
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header, AdapterWeightsJson.Default.DictionaryStringTensorEntry);
        var bytes = new byte[checked((int)(sizeof(long) + json.Length + offset))];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, sizeof(long));
        var at = sizeof(long) + json.Length;
        foreach (var values in Products.SelectMany(product => new[] { product.Down, product.Up }))
        {
            MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(bytes.AsSpan(at));
            at += values.Length * sizeof(float);
        }

        return bytes;

        TensorEntry Entry(int rows, int columns)
        {
            var start = offset;
            offset += (long)rows * columns * sizeof(float);
            return new TensorEntry("F32", [rows, columns], [start, offset]);
        }
    }

    internal static float[] Floats(SourceTensor tensor)
    {
        var packed = new byte[checked(tensor.Rows * tensor.RowBytes)];
        tensor.ReadRows(0, packed);
        var values = new float[checked(tensor.Rows * tensor.Columns)];
        tensor.Format.Decode(packed, values);
        return Array.TrueForAll(values, float.IsFinite) ? values : throw new ModelImportException($"Tensor '{tensor.Name}' holds a value that is not finite. Take the adapter from its source again.");
    }
}

/// <param name="Slot">Where it acts.</param>
/// <param name="Rank">Columns of A, rows of B.</param>
/// <param name="Down">A, [K, rank].</param>
/// <param name="Up">B with its scale, [rank, N].</param>
internal sealed record AdapterProduct(AdapterSlot Slot, int Rank, float[] Down, float[] Up);

/// <summary>A tensor in a safetensors header.</summary>
internal sealed record TensorEntry(
    [property: System.Text.Json.Serialization.JsonPropertyName("dtype")] string Type,
    [property: System.Text.Json.Serialization.JsonPropertyName("shape")] long[] Shape,
    [property: System.Text.Json.Serialization.JsonPropertyName("data_offsets")] long[] Offsets);

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, TensorEntry>))]
internal sealed partial class AdapterWeightsJson : System.Text.Json.Serialization.JsonSerializerContext;
