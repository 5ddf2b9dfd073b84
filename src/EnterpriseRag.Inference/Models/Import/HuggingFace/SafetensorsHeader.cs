using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>
/// Reads the JSON header {name: {dtype, shape, data_offsets}}. Token by token: a document tree of a hostile header would take twelve times its bytes.
/// What it says is compared with what the file can hold before it is used.
/// </summary>
internal static class SafetensorsHeader
{
    private const int LengthPrefix = 8;
    private const int MaxTensors = 1 << 18;
    private const int MaxNameChars = 512;
    private const int MaxRank = 8;

    // Bytes of a value, of every type of the published format: types that no recipe reads may still stand in a file (masks, counters).
    private static readonly FrozenDictionary<string, int> s_types = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["BOOL"] = 1, ["U8"] = 1, ["I8"] = 1, ["F8_E5M2"] = 1, ["F8_E4M3"] = 1, ["F8_E8M0"] = 1,
        ["I16"] = 2, ["U16"] = 2, ["F16"] = 2, ["BF16"] = 2,
        ["I32"] = 4, ["U32"] = 4, ["F32"] = 4,
        ["I64"] = 8, ["U64"] = 8, ["F64"] = 8, ["C64"] = 8,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="file">Name, for messages.</param>
    /// <param name="header">The JSON text; spaces at its end are allowed.</param>
    /// <param name="length">Of the whole file.</param>
    public static IReadOnlyDictionary<string, SafetensorsTensor> Read(string file, byte[] header, long length)
    {
        try
        {
            return Covering(file, Entries(file, header), LengthPrefix + header.LongLength, length);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Refuse(file, $"has a header that is not what the format says ({e.Message})", e);
        }
    }

    private static List<SafetensorsTensor> Entries(string file, byte[] header)
    {
        var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 8 });
        Expect(ref reader, JsonTokenType.StartObject);
        var tensors = new List<SafetensorsTensor>();
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var name = reader.GetString() ?? "";
            if (name is "__metadata__")
            {
                Next(ref reader);
                reader.Skip();
                continue;
            }

            if (name.Length is 0 or > MaxNameChars || tensors.Count == MaxTensors)
            {
                throw Refuse(file, "has a tensor name or a number of tensors that no model has");
            }

            tensors.Add(Entry(file, name, ref reader));
        }

        return reader.Read() ? throw new JsonException("there is text after the object") : tensors;
    }

    private static SafetensorsTensor Entry(string file, string name, ref Utf8JsonReader reader)
    {
        string? type = null;
        List<long>? shape = null, offsets = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var property = reader.GetString();
            Next(ref reader);
            switch (property)
            {
                case "dtype":
                    type = reader.GetString();
                    break;
                case "shape":
                    shape = Numbers(file, name, ref reader, MaxRank);
                    break;
                case "data_offsets":
                    offsets = Numbers(file, name, ref reader, 2);
                    break;
                default:
                    throw Refuse(file, $"says '{property}' of tensor '{name}'");
            }
        }

        if (type is null || shape is null || offsets is not [var begin, var end] || begin > end)
        {
            throw Refuse(file, $"describes tensor '{name}' without type, shape or place");
        }

        if (!s_types.TryGetValue(type, out var width))
        {
            throw Refuse(file, $"stores tensor '{name}' as {type}; F32, F16 and BF16 are read");
        }

        var values = 1L;
        foreach (var dimension in shape)
        {
            values = dimension <= int.MaxValue && (dimension == 0 || values <= long.MaxValue / 64 / dimension)
                ? values * dimension
                : throw Refuse(file, string.Create(CultureInfo.InvariantCulture, $"gives tensor '{name}' an impossible dimension of {dimension}"));
        }

        return end - begin == values * width
            ? new SafetensorsTensor(name, type, [.. shape.Select(dimension => (int)dimension)], begin, end - begin)
            : throw Refuse(file, string.Create(CultureInfo.InvariantCulture, $"gives tensor '{name}' {end - begin:N0} bytes where its shape needs {values * width:N0}"));
    }

    private static List<long> Numbers(string file, string name, ref Utf8JsonReader reader, int max)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException($"a list is missing at '{name}'");
        }

        var numbers = new List<long>();
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            var number = reader.GetInt64();
            numbers.Add(number >= 0 && numbers.Count < max ? number : throw Refuse(file, $"has a list of numbers at tensor '{name}' that is too long or negative"));
        }

        return numbers;
    }

    /// <summary>The tensors in the order of their places must cover the data from its first byte to its last.</summary>
    private static Dictionary<string, SafetensorsTensor> Covering(string file, List<SafetensorsTensor> entries, long dataStart, long length)
    {
        var tensors = new Dictionary<string, SafetensorsTensor>(entries.Count, StringComparer.Ordinal);
        var next = 0L;
        foreach (var entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Bytes))
        {
            if (entry.Offset != next)
            {
                throw Refuse(file, entry.Offset < next ? $"places tensor '{entry.Name}' over another" : $"leaves a gap before tensor '{entry.Name}'");
            }

            next += entry.Bytes;
            if (!tensors.TryAdd(entry.Name, entry with { Offset = dataStart + entry.Offset }))
            {
                throw Refuse(file, $"has the tensor '{entry.Name}' twice");
            }
        }

        return next == length - dataStart
            ? tensors
            : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{file} has {length - dataStart:N0} bytes of data where its header describes {next:N0}. It is cut short or damaged: download it again."));
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new JsonException("it ends too early");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (Next(ref reader) != type)
        {
            throw new JsonException("an object is missing");
        }
    }

    private static ModelImportException Refuse(string file, string what, Exception? inner = null) => new($"{file} {what}. The file is damaged or not a safetensors file: download it again.", inner);
}
