using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace EnterpriseRag.Inference.Tests.Models.Import.Adapters;

/// <summary>Writes .onnx_adapter files, right or deliberately wrong: a flatbuffer with a table of parameters.</summary>
internal sealed class OnnxAdapterWriter
{
    private const int Float = 1;

    private readonly List<(string Name, long[] Sizes, byte[] Data)> _parameters = [];
    private readonly List<byte> _bytes = [];

    public OnnxAdapterWriter Floats(string name, long[] sizes, ReadOnlySpan<float> values)
    {
        _parameters.Add((name, sizes, MemoryMarshal.AsBytes(values).ToArray()));
        return this;
    }

    public byte[] ToBytes()
    {
        _bytes.Clear();
        Int32(0);
        _bytes.AddRange("TORT"u8);
        int adapter = Table(root: 0);
        Patch(adapter + 4, 1); // version of the form
        Patch(adapter + 8, 1);
        Patch(adapter + 12, 1);
        PointHere(adapter + 16);
        int list = Int32(_parameters.Count) + 4;
        _parameters.ForEach(_ => Int32(0));
        foreach ((string name, long[] sizes, byte[] data) in _parameters)
        {
            int table = Table(root: list);
            list += 4;
            PointHere(table + 4);
            byte[] text = Encoding.UTF8.GetBytes(name);
            Int32(text.Length);
            _bytes.AddRange([.. text, 0]);
            Vector(table + 8, sizes.Length, MemoryMarshal.AsBytes(sizes.AsSpan()));
            Patch(table + 12, Float);
            Vector(table + 16, data.Length, data);
        }

        return [.. _bytes];
    }

    /// <summary>A table of four fields of four bytes, to which the offset at <paramref name="root"/> points.</summary>
    private int Table(int root)
    {
        Align(4);
        int fields = _bytes.Count;
        foreach (ushort value in (ushort[])[12, 20, 4, 8, 12, 16])
        {
            _bytes.AddRange(BitConverter.GetBytes(value));
        }

        PointHere(root);
        int table = Int32(_bytes.Count - fields);
        _bytes.AddRange(new byte[16]);
        return table;
    }

    /// <summary>Elements on a boundary of eight bytes.</summary>
    private void Vector(int pointer, int count, ReadOnlySpan<byte> elements)
    {
        Align(8);
        Int32(0);
        PointHere(pointer);
        Int32(count);
        _bytes.AddRange(elements);
    }

    private int Int32(int value)
    {
        Align(4);
        _bytes.AddRange(BitConverter.GetBytes(value));
        return _bytes.Count - 4;
    }

    private void PointHere(int at)
    {
        Align(4);
        Patch(at, _bytes.Count - at);
    }

    private void Patch(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(CollectionsMarshal.AsSpan(_bytes)[at..], value);

    private void Align(int bytes) => _bytes.AddRange(new byte[(bytes - (_bytes.Count % bytes)) % bytes]);
}
