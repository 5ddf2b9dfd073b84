using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Sources;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>
/// One object of config.json (or another settings file of a folder) with typed, bounded access. A null counts as absent. A missing or wrong-typed key
/// that is needed is an error which names it. Immutable, thread-safe.
/// </summary>
internal sealed class ConfigJson
{
    // The largest published configurations (tables of rotation factors, label lists) have some 100 KB.
    private const long MaxBytes = 16 << 20;

    private readonly JsonElement _root;
    private readonly string _file;

    private ConfigJson(JsonElement root, string file)
    {
        _root = root;
        _file = file;
    }

    /// <exception cref="ModelImportException">Not there, too large, or not a JSON object.</exception>
    public static ConfigJson Read(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            PlainFile.Require(path);
            if (PlainFile.Info(path).Length > MaxBytes)
            {
                throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{name} is larger than {MaxBytes:N0} bytes, which no configuration is. Take the folder from its source again."));
            }

            return Parse(File.ReadAllBytes(path), name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    /// <param name="name">For messages.</param>
    public static ConfigJson Parse(ReadOnlyMemory<byte> json, string name)
    {
        try
        {
            var text = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigJson(document.RootElement.Clone(), name)
                : throw new ModelImportException($"{name} is not a JSON object. Take the folder from its source again.");
        }
        catch (JsonException e)
        {
            throw new ModelImportException($"{name} is not valid JSON: {e.Message} Take the folder from its source again.", e);
        }
    }

    /// <summary>File name, for messages.</summary>
    public string Name => _file;

    public bool Has(string key) => Value(key) is not null;

    /// <summary>The key stands there with null: for settings whose absence means a default and whose null means none.</summary>
    public bool IsNull(string key) => _root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    public string Text(string key) => TextOrNull(key) ?? throw Missing(key);

    public string? TextOrNull(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw WrongType(key, "text"),
    };

    /// <summary>A whole number between the bounds; <paramref name="absent"/> when the key is absent, or an error when that is null.</summary>
    public int Number(string key, int min, int max, int? absent = null) => NumberOrNull(key, min, max) ?? absent ?? throw Missing(key);

    public int? NumberOrNull(string key, int min, int max)
    {
        if (Value(key) is not { } value)
        {
            return null;
        }

        // Some exporters write 4096.0.
        var number = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var real) && real == Math.Floor(real) ? real : throw WrongType(key, "a whole number");
        return number >= min && number <= max
            ? (int)number
            : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{_file}: '{key}' is {number}, which is not between {min} and {max}. The file is damaged or of a kind that this importer does not know."));
    }

    /// <summary>A finite number above zero.</summary>
    public double Real(string key, double? absent = null) => RealOrNull(key) ?? absent ?? throw Missing(key);

    /// <summary>A finite number above zero; null when absent.</summary>
    public double? RealOrNull(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => Positive(key, value.GetDouble()),
        _ => throw WrongType(key, "a number"),
    };

    public bool Flag(string key, bool absent) => Value(key) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw WrongType(key, "true or false"),
    };

    /// <summary>A list of texts; null when absent.</summary>
    public IReadOnlyList<string>? Texts(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() ?? "" : throw WrongType(key, "a list of texts"))],
        _ => throw WrongType(key, "a list of texts"),
    };

    /// <summary>A list of finite numbers above zero; null when absent.</summary>
    public IReadOnlyList<double>? Reals(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? Positive(key, item.GetDouble()) : throw WrongType(key, "a list of numbers"))],
        _ => throw WrongType(key, "a list of numbers"),
    };

    /// <summary>One whole number or a list of them (ids that end generation come in both spellings); empty when absent.</summary>
    public IReadOnlyList<int> Ids(string key) => Value(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => Id(key, item))],
        { } one => [Id(key, one)],
    };

    public ConfigJson? Child(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } child => new ConfigJson(child, _file),
        _ => throw WrongType(key, "an object"),
    };

    /// <summary>Names of all keys.</summary>
    public IEnumerable<string> Keys => _root.EnumerateObject().Select(property => property.Name);

    /// <summary>The value as it stands; null when absent or null.</summary>
    public JsonElement? Value(string key) => _root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public ModelImportException Missing(string key) => new($"{_file} has no '{key}', which is needed. Take a complete folder of the model.");

    private int Id(string key, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id)
        ? id
        : throw WrongType(key, "an id or a list of ids");

    private double Positive(string key, double value) => double.IsFinite(value) && value > 0
        ? value
        : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{_file}: '{key}' is {value}; a number above zero is needed. The file is damaged."));

    private ModelImportException WrongType(string key, string expected) => new($"{_file}: '{key}' is not {expected}. The file is damaged.");
}
