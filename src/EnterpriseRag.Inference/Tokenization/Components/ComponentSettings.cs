using System.Text.Json;

namespace EnterpriseRag.Inference.Tokenization.Components;

/// <summary>Reads one component of <typeparamref name="TContract"/> from its JSON object.</summary>
internal delegate TContract ComponentReader<out TContract>(ComponentSettings settings);

/// <summary>The JSON object of one component with getters that name what is wrong.</summary>
/// <param name="json">The object.</param>
/// <param name="kind">Its place for messages, for example <c>normalizer</c>.</param>
internal readonly struct ComponentSettings(JsonElement json, string kind)
{
    public string Type => Text("type");

    public JsonElement Json => json;

    /// <summary>The component of a property such as <c>normalizer</c>; null where the file says null or nothing.</summary>
    public static TContract? ReadOptional<TContract>(JsonElement? json, string kind)
        where TContract : class =>
        json is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } present ? null : Read<TContract>(present, kind);

    /// <summary>The components of a <c>Sequence</c>.</summary>
    public TContract[] Children<TContract>(string name)
        where TContract : class
    {
        var children = Required(name, JsonValueKind.Array);
        var result = new TContract[children.GetArrayLength()];
        var i = 0;
        foreach (var child in children.EnumerateArray())
        {
            result[i++] = Read<TContract>(child, kind);
        }

        return result;
    }

    public string Text(string name) => Required(name, JsonValueKind.String).GetString()!; // the kind was checked

    public bool Flag(string name, bool absent) => !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? absent : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "true or false"),
    };

    /// <summary>A number from 0 to 1,000,000.</summary>
    public int Count(string name) =>
        Required(name, JsonValueKind.Number).TryGetInt32(out var count) && count is >= 0 and <= 1_000_000 ? count : throw Wrong(name, "a number from 0 to 1000000");

    public JsonElement Required(string name, JsonValueKind expected) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == expected ? value : throw Wrong(name, expected.ToString());

    public TokenizerFormatException Wrong(string name, string expected) =>
        new($"tokenizer.json: {kind}: '{name}' must be there as {expected}.");

    public TokenizerFormatException Unsupported(string what) => new($"tokenizer.json: {kind}: {what} is not supported.");

    private static TContract Read<TContract>(JsonElement json, string kind)
        where TContract : class
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new TokenizerFormatException($"tokenizer.json: {kind} must be an object.");
        }

        var settings = new ComponentSettings(json, kind);
        var type = settings.Type;
        return ComponentCatalog<TContract, ComponentReader<TContract>>.Find(type, kind)(new ComponentSettings(json, $"{kind} {type}"));
    }
}
