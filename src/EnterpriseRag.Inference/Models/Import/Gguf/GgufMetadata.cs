using System.Globalization;
using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>A numeric array as it lies in the file: four bytes of a file never become more than four bytes of memory.</summary>
internal sealed record GgufArray(GgufValueType Type, byte[] Bytes, int Count);

/// <summary>
/// The keys of a GGUF file with typed access. Values are string, bool, long, ulong (above long's range), double, string[] or
/// <see cref="GgufArray"/>. A missing or wrong-typed key that is needed is an error which names it. Immutable, thread-safe.
/// </summary>
internal sealed class GgufMetadata(IReadOnlyDictionary<string, object> values, string file)
{
    public bool Has(string key) => values.ContainsKey(key);

    public string Text(string key) => TextOrNull(key) ?? throw Missing(key);

    public string? TextOrNull(string key) => Value(key) switch
    {
        null => null,
        string text => text,
        _ => throw WrongType(key, "text"),
    };

    /// <summary>A whole number between the bounds; <paramref name="absent"/> when the key is absent, or an error when that is null.</summary>
    public int Number(string key, int min, int max, int? absent = null)
    {
        var number = Value(key) switch
        {
            null => absent ?? throw Missing(key),
            long value => value,
            ulong => long.MaxValue,
            _ => throw WrongType(key, "a whole number"),
        };
        return number >= min && number <= max
            ? (int)number
            : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{file}: '{key}' is {number}, which is not between {min} and {max}. The file is damaged or of a kind that this importer does not know."));
    }

    public int? NumberOrNull(string key, int min, int max) => Has(key) ? Number(key, min, max) : null;

    /// <summary>A finite number above zero.</summary>
    public double Real(string key, double? absent = null)
    {
        var real = Value(key) switch
        {
            null => absent ?? throw Missing(key),
            double value => value,
            long value => value,
            _ => throw WrongType(key, "a number"),
        };
        return double.IsFinite(real) && real > 0
            ? real
            : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{file}: '{key}' is {real}; a number above zero is needed. The file is damaged."));
    }

    public bool Flag(string key, bool absent) => Value(key) switch
    {
        null => absent,
        bool value => value,
        _ => throw WrongType(key, "true or false"),
    };

    public string[] Texts(string key) => TextsOrNull(key) ?? throw Missing(key);

    public string[]? TextsOrNull(string key) => Value(key) switch
    {
        null => null,
        string[] texts => texts,
        _ => throw WrongType(key, "a list of texts"),
    };

    /// <summary>A list of 32-bit whole numbers, signed or not; null when absent.</summary>
    public int[]? NumbersOrNull(string key) => Value(key) switch
    {
        null => null,
        GgufArray { Type: GgufValueType.Int32 or GgufValueType.UInt32 } array => MemoryMarshal.Cast<byte, int>(array.Bytes).ToArray(),
        _ => throw WrongType(key, "a list of whole numbers"),
    };

    /// <summary>A list of 32-bit numbers; null when absent.</summary>
    public float[]? RealsOrNull(string key) => Value(key) switch
    {
        null => null,
        GgufArray { Type: GgufValueType.Float32 } array => MemoryMarshal.Cast<byte, float>(array.Bytes).ToArray(),
        _ => throw WrongType(key, "a list of numbers"),
    };

    /// <summary>A list of bytes, signed or not; null when absent.</summary>
    public byte[]? BytesOrNull(string key) => Value(key) switch
    {
        null => null,
        GgufArray { Type: GgufValueType.UInt8 or GgufValueType.Int8 } array => array.Bytes,
        _ => throw WrongType(key, "a list of bytes"),
    };

    /// <summary>A list of true and false; null when the key is absent or something else.</summary>
    public bool[]? FlagsOrNull(string key) => Value(key) is GgufArray { Type: GgufValueType.Bool } array ? Array.ConvertAll(array.Bytes, value => value != 0) : null;

    public ModelImportException Missing(string key) => new($"{file} has no '{key}', which is needed. Take a file made by a current converter.");

    private object? Value(string key) => values.GetValueOrDefault(key);

    private ModelImportException WrongType(string key, string expected) => new($"{file}: '{key}' is not {expected}. The file is damaged.");
}
