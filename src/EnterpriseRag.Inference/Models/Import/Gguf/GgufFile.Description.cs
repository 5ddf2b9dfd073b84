using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>The checks: what a stranger wrote into the file is compared with what the file can hold before it is used.</summary>
internal sealed partial class GgufFile
{
    private const uint Magic = 0x4655_4747; // "GGUF"
    private const int MaxKeyBytes = 65_535;
    private const int MaxTensorNameBytes = 64;
    private const int MaxRank = 4;

    // Tensors and keys; the largest published models have a few thousand.
    private const int MaxEntries = 1 << 16;
    private const int DefaultAlignment = 32;
    private const int MaxAlignment = 1 << 20;

    private static (GgufMetadata Metadata, IReadOnlyDictionary<string, GgufTensor> Tensors) ReadDescription(GgufHeaderReader reader, long length, string name)
    {
        if (length < 24)
        {
            throw reader.Truncated();
        }

        if (reader.UInt32() != Magic)
        {
            throw new ModelImportException($"{name} is not a GGUF file (it does not begin with 'GGUF'). Choose the .gguf file of the model.");
        }

        var version = reader.UInt32();
        if (version is not (2 or 3))
        {
            throw new ModelImportException(BinaryPrimitives.ReverseEndianness(version) is 2 or 3
                ? $"{name} is a big-endian GGUF file. Take the little-endian file of the same model."
                : string.Create(CultureInfo.InvariantCulture, $"{name} has GGUF version {version}; versions 2 and 3 are read. Take a file made by a current converter."));
        }

        // A tensor info takes at least 8 + 4 + 8 + 4 + 8 bytes, a key at least 8 + 4 + 1.
        var tensorCount = reader.Count("tensors", 32, MaxEntries);
        var keyCount = reader.Count("metadata keys", 13, MaxEntries);
        var metadata = new GgufMetadata(ReadKeys(reader, keyCount), name);
        var alignment = metadata.Number("general.alignment", 1, MaxAlignment, DefaultAlignment);
        if (!BitOperations.IsPow2(alignment))
        {
            throw reader.Refuse(string.Create(CultureInfo.InvariantCulture, $"has an alignment of {alignment}, which is not a power of two"));
        }

        var infos = ReadInfos(reader, tensorCount);
        var dataStart = (reader.Position + alignment - 1) / alignment * alignment;
        return (metadata, Place(infos, dataStart, alignment, length, reader));
    }

    private static Dictionary<string, object> ReadKeys(GgufHeaderReader reader, int count)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = reader.Text("a metadata key", MaxKeyBytes);
            if (!values.TryAdd(key, ReadValue(reader, key)))
            {
                throw reader.Refuse($"has the key '{key}' twice");
            }
        }

        return values;
    }

    private static object ReadValue(GgufHeaderReader reader, string key)
    {
        var type = (GgufValueType)reader.UInt32();
        if (type == GgufValueType.Text)
        {
            return reader.Text($"'{key}'");
        }

        if (type == GgufValueType.Array)
        {
            return ReadArray(reader, key);
        }

        var bytes = reader.Bytes(Width(type, key, reader));
        return type switch
        {
            GgufValueType.UInt8 => (long)bytes[0],
            GgufValueType.Int8 => (long)(sbyte)bytes[0],
            GgufValueType.Bool => bytes[0] <= 1 ? bytes[0] == 1 : throw reader.Refuse($"has a key '{key}' that is neither true nor false"),
            GgufValueType.UInt16 => (long)MemoryMarshal.Read<ushort>(bytes),
            GgufValueType.Int16 => (long)MemoryMarshal.Read<short>(bytes),
            GgufValueType.UInt32 => (long)MemoryMarshal.Read<uint>(bytes),
            GgufValueType.Int32 => (long)MemoryMarshal.Read<int>(bytes),
            GgufValueType.Float32 => (double)MemoryMarshal.Read<float>(bytes),
            GgufValueType.Float64 => MemoryMarshal.Read<double>(bytes),
            GgufValueType.Int64 => MemoryMarshal.Read<long>(bytes),
            _ => MemoryMarshal.Read<ulong>(bytes) is var value and <= long.MaxValue ? (long)value : MemoryMarshal.Read<ulong>(bytes),
        };
    }

    private static object ReadArray(GgufHeaderReader reader, string key)
    {
        var type = (GgufValueType)reader.UInt32();
        if (type == GgufValueType.Text)
        {
            var texts = new string[reader.Count($"texts in '{key}'", 8)];
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = reader.Text($"a text in '{key}'");
            }

            return texts;
        }

        if (type == GgufValueType.Array)
        {
            throw reader.Refuse($"has a list of lists under '{key}'");
        }

        var width = Width(type, key, reader);
        var count = reader.Count($"values in '{key}'", width);
        return new GgufArray(type, reader.Bytes((long)count * width), count);
    }

    private static int Width(GgufValueType type, string key, GgufHeaderReader reader) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => throw reader.Refuse(string.Create(CultureInfo.InvariantCulture, $"has a value of the unknown type {(uint)type} under '{key}'")),
    };

    /// <summary>Infos with offsets still relative to the start of the data.</summary>
    private static List<GgufTensor> ReadInfos(GgufHeaderReader reader, int count)
    {
        var infos = new List<GgufTensor>();
        for (var i = 0; i < count; i++)
        {
            var name = reader.Text("a tensor name", MaxTensorNameBytes);
            var rank = reader.UInt32();
            if (rank is 0 or > MaxRank)
            {
                throw reader.Refuse(string.Create(CultureInfo.InvariantCulture, $"gives tensor '{name}' {rank} dimensions; one to four are possible"));
            }

            var dimensions = new int[rank];
            var values = 1L;
            for (var d = 0; d < rank; d++)
            {
                var dimension = reader.UInt64();
                if (dimension is 0 or > int.MaxValue || values > long.MaxValue / 64 / (long)dimension)
                {
                    throw reader.Refuse(string.Create(CultureInfo.InvariantCulture, $"gives tensor '{name}' an impossible dimension of {dimension}"));
                }

                dimensions[d] = (int)dimension;
                values *= (long)dimension;
            }

            var format = BlockFormats.Find(reader.UInt32(), name);
            var offset = reader.UInt64();
            if (dimensions[0] % format.Values != 0)
            {
                throw reader.Refuse(string.Create(CultureInfo.InvariantCulture, $"stores tensor '{name}' as {format.Name} with rows of {dimensions[0]} values, which are not whole blocks of {format.Values}"));
            }

            if (offset > long.MaxValue / 2)
            {
                throw reader.Refuse($"places tensor '{name}' beyond its end");
            }

            infos.Add(new GgufTensor(name, dimensions, format, (long)offset, values / format.Values * format.Bytes));
        }

        return infos;
    }

    private static Dictionary<string, GgufTensor> Place(List<GgufTensor> infos, long dataStart, int alignment, long length, GgufHeaderReader reader)
    {
        var tensors = new Dictionary<string, GgufTensor>(StringComparer.Ordinal);
        GgufTensor? before = null;
        foreach (var info in infos.OrderBy(info => info.Offset))
        {
            var tensor = info with { Offset = dataStart + info.Offset };
            if (info.Offset % alignment != 0)
            {
                throw reader.Refuse($"places tensor '{info.Name}' off its own alignment");
            }

            if (tensor.Offset > length - tensor.Bytes)
            {
                throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"The file is cut short: tensor '{tensor.Name}' ends at byte {tensor.Offset + tensor.Bytes:N0}, the file has {length:N0}. Download it again."));
            }

            if (before is not null && tensor.Offset < before.Offset + before.Bytes)
            {
                throw reader.Refuse($"places tensor '{tensor.Name}' over tensor '{before.Name}'");
            }

            if (!tensors.TryAdd(tensor.Name, tensor))
            {
                throw reader.Refuse($"has the tensor '{tensor.Name}' twice");
            }

            before = tensor;
        }

        return tensors;
    }
}
