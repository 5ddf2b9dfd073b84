using System.Text.Json.Serialization;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>Names of this module's jobs in the queue; stored, so never changed.</summary>
internal static class JobKinds
{
    /// <summary>Extract, chunk, embed and publish a version.</summary>
    public const string Ingest = "document.ingest";

    /// <summary>Put a ready version into the index again, from its stored chunks.</summary>
    public const string Republish = "document.republish";

    /// <summary>Finish a deletion that was marked.</summary>
    public const string Remove = "document.remove";

    public static readonly string[] All = [Remove, Ingest, Republish];
}

/// <summary>The document outlives its job here, so it is named in the payload and not by a foreign key.</summary>
internal sealed record RemovePayload(Guid Document);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RemovePayload))]
internal sealed partial class JobJson : JsonSerializerContext
{
}
