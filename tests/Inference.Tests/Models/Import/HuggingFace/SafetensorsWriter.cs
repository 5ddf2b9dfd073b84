using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace EnterpriseRag.Inference.Tests.Models.Import.HuggingFace;

/// <summary>Writes small safetensors files for tests, right or deliberately wrong.</summary>
internal sealed class SafetensorsWriter
{
    private readonly List<(string Name, string Type, long[] Shape, byte[] Data)> _tensors = [];

    public SafetensorsWriter Tensor(string name, string type, long[] shape, byte[] data)
    {
        _tensors.Add((name, type, shape, data));
        return this;
    }

    public SafetensorsWriter Floats(string name, long[] shape, ReadOnlySpan<float> values) => Tensor(name, "F32", shape, MemoryMarshal.AsBytes(values).ToArray());

    public byte[] ToBytes()
    {
        var offset = 0L;
        var header = new Dictionary<string, object>(StringComparer.Ordinal) { ["__metadata__"] = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" } };
        foreach (var (name, type, shape, data) in _tensors)
        {
            header.Add(name, new { dtype = type, shape, data_offsets = new[] { offset, offset + data.Length } });
            offset += data.Length;
        }

        return Raw(JsonSerializer.Serialize(header), [.. _tensors.SelectMany(tensor => tensor.Data)]);
    }

    /// <summary>A file with a header of the test's choice.</summary>
    public static byte[] Raw(string header, byte[] data, ulong? headerLength = null)
    {
        var text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes(headerLength ?? (ulong)text.Length), .. text, .. data];
    }
}
