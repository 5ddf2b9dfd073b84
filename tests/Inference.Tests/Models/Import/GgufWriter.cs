using System.Text;

namespace EnterpriseRag.Inference.Tests.Models.Import;

/// <summary>Writes small GGUF files for tests, right or deliberately wrong.</summary>
internal sealed class GgufWriter
{
    private readonly List<(string Name, Action<BinaryWriter> Write)> _keys = [];
    private readonly List<(string Name, ulong[] Dimensions, uint Type, byte[] Data, ulong? Offset, uint? Rank)> _tensors = [];

    public uint Version { get; set; } = 3;

    public string Magic { get; set; } = "GGUF";

    public int Alignment { get; set; } = 32;

    public ulong? TensorCount { get; set; }

    public ulong? KeyCount { get; set; }

    public GgufWriter Text(string key, string value) => Key(key, 8, writer => WriteText(writer, value));

    public GgufWriter Number(string key, uint value) => Key(key, 4, writer => writer.Write(value));

    public GgufWriter Real(string key, float value) => Key(key, 6, writer => writer.Write(value));

    public GgufWriter Flag(string key, byte value) => Key(key, 7, writer => writer.Write(value));

    public GgufWriter Texts(string key, IReadOnlyCollection<string> values) => Key(key, 9, writer =>
    {
        writer.Write(8u);
        writer.Write((ulong)values.Count);
        foreach (var value in values)
        {
            WriteText(writer, value);
        }
    });

    public GgufWriter Numbers(string key, IReadOnlyCollection<int> values) => Key(key, 9, writer =>
    {
        writer.Write(5u);
        writer.Write((ulong)values.Count);
        foreach (var value in values)
        {
            writer.Write(value);
        }
    });

    /// <summary>A key with a value type and bytes of the test's choice; takes the place of an earlier one.</summary>
    public GgufWriter Key(string key, uint type, Action<BinaryWriter> value)
    {
        _keys.RemoveAll(earlier => string.Equals(earlier.Name, key, StringComparison.Ordinal));
        return KeyAgain(key, type, value);
    }

    /// <summary>A key beside an earlier one of the same name.</summary>
    public GgufWriter KeyAgain(string key, uint type, Action<BinaryWriter> value)
    {
        _keys.Add((key, writer =>
        {
            WriteText(writer, key);
            writer.Write(type);
            value(writer);
        }));
        return this;
    }

    public GgufWriter Tensor(string name, ulong[] dimensions, uint type, byte[] data, ulong? offset = null, uint? rank = null)
    {
        _tensors.Add((name, dimensions, type, data, offset, rank));
        return this;
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Encoding.ASCII.GetBytes(Magic));
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)_tensors.Count);
        writer.Write(KeyCount ?? (ulong)_keys.Count);
        _keys.ForEach(key => key.Write(writer));
        ulong next = 0;
        foreach (var tensor in _tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write(tensor.Rank ?? (uint)tensor.Dimensions.Length);
            Array.ForEach(tensor.Dimensions, writer.Write);
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset ?? next);
            next += Padded((ulong)tensor.Data.Length);
        }

        Pad(stream);
        foreach (var tensor in _tensors)
        {
            writer.Write(tensor.Data);
            Pad(stream);
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private ulong Padded(ulong length) => (length + (ulong)Alignment - 1) / (ulong)Alignment * (ulong)Alignment;

    private void Pad(MemoryStream stream)
    {
        while (stream.Length % Alignment != 0)
        {
            stream.WriteByte(0);
        }
    }
}
