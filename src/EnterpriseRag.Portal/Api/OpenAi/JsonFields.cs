using System.Text.Json;

namespace EnterpriseRag.Portal.Api.OpenAi;

/// <summary>Reads members of a request body; a value of another kind is refused by the member's name. JSON null counts as absent.</summary>
internal static class JsonFields
{
    public static async Task<JsonDocument> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var body = await JsonDocument.ParseAsync(request.Body, new JsonDocumentOptions { MaxDepth = 64 }, cancellationToken);
            return body.RootElement.ValueKind == JsonValueKind.Object ? body : throw new OpenAiRequestException("The body must be a JSON object.");
        }
        catch (JsonException)
        {
            throw new OpenAiRequestException("The body is not JSON.");
        }
    }

    public static JsonElement? Find(this JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement parent, string name, string path) => parent.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw Wrong(path, "a string"),
    };

    public static bool? Flag(this JsonElement parent, string name, string path) => parent.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(path, "true or false"),
    };

    public static long? Whole(this JsonElement parent, string name, long least, long most) => parent.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var value) && value >= least && value <= most => value,
        _ => throw Wrong(name, $"a whole number from {least} to {most}"),
    };

    public static float? Number(this JsonElement parent, string name, float least, float most) => parent.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetSingle(out var value) && value >= least && value <= most => value,
        _ => throw Wrong(name, FormattableString.Invariant($"a number from {least} to {most}")),
    };

    public static IEnumerable<JsonElement> Items(this JsonElement list, string path) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw Wrong(path, "a list");

    public static OpenAiRequestException Wrong(string path, string expected) => new($"'{path}' must be {expected}.", path, "invalid_type");
}
