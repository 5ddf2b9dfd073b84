using System.Globalization;
using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>References within a schema: <c>#</c> and JSON pointers after it.</summary>
internal static class SchemaReference
{
    /// <exception cref="NotSupportedException">It leads out of the schema.</exception>
    /// <exception cref="ArgumentException">There is nothing.</exception>
    public static JsonNode? Resolve(JsonNode? root, string reference, string path)
    {
        if (!reference.StartsWith('#') || (reference.Length > 1 && reference[1] != '/'))
        {
            throw new NotSupportedException($"JSON schema at {path}: the reference '{reference}' leads out of the schema; only #/… is supported.");
        }

        JsonNode? node = root;
        foreach (string part in reference.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node switch
            {
                JsonObject map when map.TryGetPropertyValue(name, out JsonNode? value) => value,
                JsonArray list when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < list.Count => list[index],
                _ => throw new ArgumentException($"JSON schema at {path}: there is nothing at '{reference}'."),
            };
        }

        return node;
    }
}
