using System.Text.Json.Serialization;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Portal.Identity;

namespace EnterpriseRag.Portal.Api.OpenAi;

/// <summary>A model as /v1/models lists it; the members after <c>owned_by</c> are ours. <c>created</c> is when it was approved, 0 for models in the box.</summary>
internal sealed record ModelItem(string Id, string Object, long Created, [property: JsonPropertyName("owned_by")] string OwnedBy, string Task, string Sha256, [property: JsonPropertyName("context_length")] int ContextLength, IReadOnlyList<string>? Languages);

/// <summary>GET /v1/models and /v1/models/{id}: the models that serve.</summary>
internal static class ModelsApi
{
    public static void MapModels(this IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/models").RequireAuthorization(Policies.Reads);
        models.MapGet("", static (AuditedGenerator generator, EmbeddingModelInfo embedding, ModelApprovals approvals) =>
            TypedResults.Json(new { @object = "list", data = Serving(generator, embedding, approvals) }, ApiModule.Json)).WithSummary("The models that serve, in OpenAI's form");
        models.MapGet("/{id}", static (string id, AuditedGenerator generator, EmbeddingModelInfo embedding, ModelApprovals approvals) =>
            Serving(generator, embedding, approvals).FirstOrDefault(m => string.Equals(m.Id, id, StringComparison.Ordinal)) is { } found
                ? (IResult)TypedResults.Json(found, ApiModule.Json)
                : OpenAiError.From(new Failure(FailureKind.NotFound, $"There is no model '{id}' here."))).WithSummary("One of them");
    }

    private static List<ModelItem> Serving(AuditedGenerator generator, EmbeddingModelInfo embedding, ModelApprovals approvals)
    {
        var models = new List<ModelItem>();
        if (generator.Model is { } model)
        {
            models.Add(Item(model.Name, "generation", model.Sha256, model.ContextTokens, model.Languages, approvals));
        }

        models.Add(Item(embedding.Name, "embedding", embedding.Sha256, embedding.MaxTokens, null, approvals));
        return models;
    }

    private static ModelItem Item(string name, string task, string sha256, int contextTokens, IReadOnlyList<string>? languages, ModelApprovals approvals) =>
        new(name, "model", approvals.StandingOf(sha256).At?.ToUnixTimeSeconds() ?? 0, "this-installation", task, sha256, contextTokens, languages);
}
