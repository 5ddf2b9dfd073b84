using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Portal.Api;

/// <summary>The house's id types as plain UUID strings.</summary>
internal static class IdJson
{
    public static IReadOnlyList<JsonConverter> Converters { get; } =
    [
        new Converter<MatterId>(static g => new MatterId(g), static id => id.Value),
        new Converter<DocumentId>(static g => new DocumentId(g), static id => id.Value),
        new Converter<DocumentVersionId>(static g => new DocumentVersionId(g), static id => id.Value),
        new Converter<PersonId>(static g => new PersonId(g), static id => id.Value),
        new Converter<RequestId>(static g => new RequestId(g), static id => id.Value),
    ];

    private sealed class Converter<TId>(Func<Guid, TId> make, Func<TId, Guid> guid) : JsonConverter<TId>
        where TId : struct
    {
        public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => make(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) => writer.WriteStringValue(guid(value));
    }
}
