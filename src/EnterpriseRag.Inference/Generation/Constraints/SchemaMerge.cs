using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>Puts schemas that hold at the same time (allOf, or anyOf beside other keywords) into one, where that is simple; otherwise refuses.</summary>
internal static class SchemaMerge
{
    public static JsonObject Merge(JsonObject left, JsonObject right, string path)
    {
        var merged = (JsonObject)left.DeepClone();
        foreach ((string name, JsonNode? value) in right)
        {
            merged[name] = !merged.ContainsKey(name) ? value?.DeepClone() : Both(name, merged[name], value, path);
        }

        return merged;
    }

    private static JsonNode? Both(string name, JsonNode? left, JsonNode? right, string path)
    {
        if (JsonNode.DeepEquals(left, right) || JsonSchemaKeywords.IsAnnotation(name))
        {
            return left?.DeepClone();
        }

        switch (name)
        {
            case "properties" when left is JsonObject a && right is JsonObject b:
                var properties = (JsonObject)a.DeepClone();
                foreach ((string key, JsonNode? schema) in b)
                {
                    properties[key] = !properties.ContainsKey(key) ? schema?.DeepClone()
                        : properties[key] is JsonObject one && schema is JsonObject other ? Merge(one, other, $"{path}/properties/{key}")
                        : throw Conflict(name, path);
                }

                return properties;
            case "required" when left is JsonArray a && right is JsonArray b:
                return new JsonArray([.. a.Concat(b).Select(item => item?.ToString()).Distinct(StringComparer.Ordinal).Select(item => (JsonNode?)item)]);
            case "type":
                string[] types = [.. Types(left).SelectMany(type => Types(right).Select(other => Common(type, other))).OfType<string>().Distinct(StringComparer.Ordinal)];
                return types.Length > 0 ? new JsonArray([.. types.Select(type => (JsonNode)type)]) : throw Conflict(name, path);
            case "enum" when left is JsonArray a && right is JsonArray b:
                return new JsonArray([.. a.Where(item => b.Any(other => JsonNode.DeepEquals(item, other))).Select(item => item?.DeepClone())]);
            case "minimum" or "minLength" or "minItems" or "exclusiveMinimum" when Number(left) is { } a && Number(right) is { } b:
                return JsonValue.Create(Math.Max(a, b));
            case "maximum" or "maxLength" or "maxItems" or "exclusiveMaximum" when Number(left) is { } a && Number(right) is { } b:
                return JsonValue.Create(Math.Min(a, b));
            default:
                throw Conflict(name, path);
        }
    }

    private static double? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) ? number : null;

    private static IEnumerable<string> Types(JsonNode? type) => type is JsonArray list ? list.Select(item => item?.ToString() ?? "") : [type?.ToString() ?? ""];

    private static string? Common(string left, string right) =>
        string.Equals(left, right, StringComparison.Ordinal) ? left : (left, right) is ("number", "integer") or ("integer", "number") ? "integer" : null;

    private static NotSupportedException Conflict(string name, string path) =>
        new($"JSON schema at {path}: different '{name}' that hold at the same time (allOf, anyOf, $ref) are not supported.");
}
