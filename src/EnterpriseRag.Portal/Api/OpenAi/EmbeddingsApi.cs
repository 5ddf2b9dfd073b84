using System.Buffers.Binary;
using System.Security.Claims;
using System.Text.Json;
using EnterpriseRag.Answering.Direct;
using EnterpriseRag.Portal.Identity;
using MediatR;

namespace EnterpriseRag.Portal.Api.OpenAi;

internal sealed record EmbeddingItem(string Object, int Index, object Embedding);

/// <summary>POST /v1/embeddings: vectors of the embedding model, recorded like every other use. <c>input_type</c> (query, passage) puts the model's prefix before the texts.</summary>
internal static class EmbeddingsApi
{
    public static void MapEmbeddings(this IEndpointRouteBuilder api) => api.MapPost("/embeddings", EmbedAsync)
        .RequireAuthorization(Policies.Reads)
        .WithSummary("Vectors of texts, in OpenAI's form");

    private static async Task<IResult> EmbedAsync(HttpContext context, ClaimsPrincipal user, IMediator mediator, CancellationToken cancellationToken)
    {
        using var json = await JsonFields.ReadBodyAsync(context.Request, cancellationToken);
        var body = json.RootElement;
        if (body.Find("dimensions") is not null)
        {
            throw new OpenAiRequestException("The model has one number of dimensions: leave 'dimensions' out.", "dimensions", "unsupported_parameter");
        }

        var asBase64 = body.Text("encoding_format", "encoding_format") switch
        {
            null or "float" => false,
            "base64" => true,
            _ => throw JsonFields.Wrong("encoding_format", "float or base64"),
        };
        var purpose = body.Text("input_type", "input_type") switch
        {
            null => EmbeddingPurpose.Plain,
            "query" => EmbeddingPurpose.Query,
            "passage" or "document" => EmbeddingPurpose.Passage,
            _ => throw JsonFields.Wrong("input_type", "query or passage"),
        };
        var model = body.Text("model", "model") ?? throw new OpenAiRequestException("Name a model: GET /v1/models lists them.", "model", "missing_required_parameter");
        var embedded = await mediator.Send(new DirectEmbedding(user.ToActor(), model, Texts(body), purpose), cancellationToken);
        if (!embedded.IsSuccess)
        {
            return OpenAiError.From(embedded.Failure);
        }

        var result = embedded.Value;
        return TypedResults.Json(
            new
            {
                @object = "list",
                data = result.Vectors.Select((v, i) => new EmbeddingItem("embedding", i, asBase64 ? Base64(v.Span) : v)),
                model = result.Model.Name,
                usage = new { prompt_tokens = result.Tokens, total_tokens = result.Tokens },
                receipt = new { request = result.Receipt.Request.Value, seq = result.Receipt.Seq, leaf_hash = result.Receipt.LeafHash },
            },
            ApiModule.Json);
    }

    private static List<string> Texts(JsonElement body) => body.Find("input") switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString() ?? ""],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(static t => t.ValueKind == JsonValueKind.String ? t.GetString() ?? "" : throw NoTokens(t))],
        null => throw new OpenAiRequestException("Send texts as 'input'.", "input", "missing_required_parameter"),
        _ => throw JsonFields.Wrong("input", "a string or a list of strings"),
    };

    private static OpenAiRequestException NoTokens(JsonElement element) =>
        element.ValueKind is JsonValueKind.Number or JsonValueKind.Array
            ? new OpenAiRequestException("Token ids are not taken: they belong to one tokenizer, and this model has another. Send texts.", "input", "unsupported_value")
            : JsonFields.Wrong("input", "a string or a list of strings");

    private static string Base64(ReadOnlySpan<float> vector)
    {
        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        return Convert.ToBase64String(bytes);
    }
}
