using System.Buffers.Binary;
using System.Text;

namespace EnterpriseRag.Inference.Models.Import.Adapters;

/// <summary>
/// Reads the table of an .onnx_adapter file (a flatbuffer) before the library maps it: the library takes a tensor's sizes as they are written and would read
/// past the end of data that are shorter.
/// </summary>
internal readonly ref struct OnnxAdapterFile
{
    private const int FormatVersion = 1;
    private const int MaxParameters = 1 << 16;
    private const int MaxNameBytes = 1 << 12;
    private const int MaxRank = 8;

    // Fields in the order of the form's schema.
    private const int AdapterFormatVersion = 0;
    private const int AdapterParameters = 3;
    private const int ParameterName = 0;
    private const int ParameterDimensions = 1;
    private const int ParameterType = 2;
    private const int ParameterData = 3;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _file;

    private OnnxAdapterFile(ReadOnlySpan<byte> file) => _file = file;

    /// <summary>The tensors, whose data all lie in the file and are as long as their sizes say.</summary>
    /// <exception cref="ModelImportException">Damaged, or of another form.</exception>
    public static IReadOnlyList<OnnxAdapterParameter> Read(ReadOnlySpan<byte> file) => new OnnxAdapterFile(file).Parameters();

    /// <exception cref="ModelImportException">A tensor for which the model has no slot, or whose sizes are not the slot's.</exception>
    public static void RequireFit(IReadOnlyList<OnnxAdapterParameter> parameters, AdapterSlots slots)
    {
        var down = slots.Products.ToDictionary(slot => slot.DownInput, slot => slot.Inputs, StringComparer.Ordinal);
        var up = slots.Products.ToDictionary(slot => slot.UpInput, slot => slot.Outputs, StringComparer.Ordinal);
        foreach (var (name, sizes) in parameters)
        {
            if (sizes.Count != 2 || !((down.TryGetValue(name, out var inputs) && sizes[0] == inputs) || (up.TryGetValue(name, out var outputs) && sizes[1] == outputs)))
            {
                throw new ModelImportException($"The adapter's tensor '{name}' does not fit this model. It was made for another one.");
            }
        }
    }

    private List<OnnxAdapterParameter> Parameters()
    {
        if (_file.Length < 8 || !_file[4..8].SequenceEqual("TORT"u8))
        {
            throw Damaged("it does not begin like one");
        }

        var adapter = Follow(0);
        if (Field(adapter, AdapterFormatVersion) is not { } version || Int32(version) != FormatVersion)
        {
            throw Damaged("its version is not 1");
        }

        var (start, count) = Vector(adapter, AdapterParameters, sizeof(uint));
        if (count is 0 or > MaxParameters)
        {
            throw Damaged("it has no tensors, or too many");
        }

        var parameters = new List<OnnxAdapterParameter>(count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var parameter = Parameter(Follow(start + (i * sizeof(uint))));
            parameters.Add(names.Add(parameter.Name) ? parameter : throw Damaged($"it has the tensor '{parameter.Name}' twice"));
        }

        return parameters;
    }

    private OnnxAdapterParameter Parameter(int table)
    {
        var (text, length) = Vector(table, ParameterName, 1);
        if (length is 0 or > MaxNameBytes)
        {
            throw Damaged("a tensor has no name, or one that is too long");
        }

        string name;
        try
        {
            name = s_strict.GetString(_file.Slice(text, length));
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("the name of a tensor is no text");
        }

        long bytes = (Field(table, ParameterType) is { } type ? Int32(type) : 0) switch
        {
            1 => sizeof(float),
            10 or 16 => sizeof(ushort), // float16, bfloat16
            _ => throw Damaged($"'{name}' is not of floating numbers"),
        };
        var (sizesStart, rank) = Vector(table, ParameterDimensions, sizeof(long));
        if (rank is 0 or > MaxRank)
        {
            throw Damaged($"'{name}' has {rank} dimensions");
        }

        var sizes = new long[rank];
        for (var i = 0; i < rank; i++)
        {
            sizes[i] = BinaryPrimitives.ReadInt64LittleEndian(_file.Slice(sizesStart + (i * sizeof(long)), sizeof(long)));
            // Below the file's length, so that the product cannot overflow.
            bytes = sizes[i] > 0 && sizes[i] <= _file.Length && bytes <= _file.Length ? bytes * sizes[i] : throw Damaged($"'{name}' has impossible sizes");
        }

        return Vector(table, ParameterData, 1).Count == bytes ? new OnnxAdapterParameter(name, sizes) : throw Damaged($"the data of '{name}' are not as long as its sizes say");
    }

    /// <summary>Elements of a field that is a vector or a text; they lie within the file.</summary>
    private (int Start, int Count) Vector(int table, int field, int elementBytes)
    {
        var at = Follow(Field(table, field) ?? throw Damaged("a field is missing"));
        long count = UInt32(at);
        return at + sizeof(uint) + (count * elementBytes) <= _file.Length ? (at + sizeof(uint), (int)count) : throw Damaged("it ends too early");
    }

    /// <summary>Where a field of a table lies; null = left out.</summary>
    private int? Field(int table, int field)
    {
        var fields = (long)table - Int32(table);
        var entry = 2 * (2 + field);
        if (entry + sizeof(ushort) > UInt16(fields))
        {
            return null;
        }

        var offset = UInt16(fields + entry);
        return offset == 0 ? null : Within((long)table + offset);
    }

    private int Follow(int at) => Within(at + (long)UInt32(at));

    private int Within(long at) => at <= _file.Length - sizeof(uint) && at >= 0 ? (int)at : throw Damaged("it ends too early");

    private int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(_file[Within(at)..]);

    private uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_file[Within(at)..]);

    private ushort UInt16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(_file[Within(at)..]);

    private static ModelImportException Damaged(string why) => new($"The file is no usable .onnx_adapter: {why}. Take it from its source again.");
}

/// <summary>A tensor of an .onnx_adapter file.</summary>
/// <param name="Name">Input of the graph that it replaces.</param>
/// <param name="Sizes">Above 0.</param>
internal sealed record OnnxAdapterParameter(string Name, IReadOnlyList<long> Sizes);
