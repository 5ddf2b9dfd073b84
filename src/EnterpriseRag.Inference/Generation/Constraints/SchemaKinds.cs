using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>Whether schemas can be told apart by what they allow.</summary>
internal static class SchemaKinds
{
    /// <summary>Whether no value fits both: by type, by constants, or by a required property with different constants.</summary>
    public static bool AreDisjoint(JsonObject left, JsonObject right, Func<JsonNode?, JsonObject> resolve) => AreDisjoint(left, right, resolve, looksInside: true);

    private static bool AreDisjoint(JsonObject left, JsonObject right, Func<JsonNode?, JsonObject> resolve, bool looksInside)
    {
        if (Constants(left) is { } ours && Constants(right) is { } theirs)
        {
            return !ours.Exists(value => theirs.Exists(other => JsonNode.DeepEquals(value, other)));
        }

        if (Types(left) is not { } types || Types(right) is not { } others)
        {
            return false;
        }

        if (!types.Exists(type => others.Exists(other => Overlap(type, other))))
        {
            return true;
        }

        // One level: schemas may hold themselves.
        return looksInside && types is ["object"] && others is ["object"] && Required(left).Intersect(Required(right), StringComparer.Ordinal)
            .Any(name => (left["properties"] as JsonObject)?[name] is JsonObject one && (right["properties"] as JsonObject)?[name] is JsonObject other && AreDisjoint(resolve(one), resolve(other), resolve, looksInside: false));
    }

    public static bool HasType(JsonElement value, IEnumerable<string> types) => types.Any(type => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    });

    private static List<JsonNode?>? Constants(JsonObject schema) =>
        schema["enum"] is JsonArray several ? [.. several] : schema.ContainsKey("const") ? [schema["const"]] : null;

    private static List<string>? Types(JsonObject schema)
    {
        List<string>? types = schema["type"] switch
        {
            JsonArray several => [.. several.Select(type => type?.ToString() ?? "")],
            { } one => [one.ToString()],
            null when Constants(schema) is { } constants => [.. constants.Select(Kind)],
            _ => null,
        };
        return types is not null && schema["nullable"] is JsonValue value && value.TryGetValue(out bool nullable) && nullable ? [.. types, "null"] : types;
    }

    private static string Kind(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };

    private static bool Overlap(string left, string right) => string.Equals(left, right, StringComparison.Ordinal) || (left, right) is ("number", "integer") or ("integer", "number");

    private static IEnumerable<string> Required(JsonObject schema) => schema["required"] is JsonArray names ? names.Select(name => name?.ToString() ?? "") : [];
}
