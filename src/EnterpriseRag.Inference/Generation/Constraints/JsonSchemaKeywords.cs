using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>What is done with the keywords of JSON Schema (2020-12 and draft 7).</summary>
internal static class JsonSchemaKeywords
{
    private static readonly FrozenSet<string> s_annotations = FrozenSet.ToFrozenSet(
        ["title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "strict"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_enforced = FrozenSet.ToFrozenSet(
        ["type", "enum", "const", "nullable", "$ref", "anyOf", "oneOf", "allOf", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems",
            "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems"], StringComparer.Ordinal);

    /// <summary>Says something to people only.</summary>
    public static bool IsAnnotation(string keyword) => s_annotations.Contains(keyword) || keyword.StartsWith("x-", StringComparison.Ordinal);

    /// <summary>Whether the value of an enforced keyword is of the kind it must have; numbers and schemas are looked at where they are used.</summary>
    public static bool IsOfItsKind(string keyword, JsonNode? value) => keyword switch
    {
        "const" => true,
        "allOf" or "required" or "enum" or "prefixItems" => value is JsonArray,
        "anyOf" or "oneOf" => value is JsonArray { Count: > 0 },
        "properties" => value is JsonObject,
        "$ref" or "pattern" or "format" => value?.GetValueKind() is JsonValueKind.String,
        "type" => value is JsonArray || value?.GetValueKind() is JsonValueKind.String,
        "nullable" or "uniqueItems" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        _ => value is not null,
    };

    /// <summary>Holds for every text that comes out.</summary>
    public static bool IsEnforced(string keyword) => s_enforced.Contains(keyword);
}
