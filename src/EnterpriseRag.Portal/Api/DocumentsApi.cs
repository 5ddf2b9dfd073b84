using System.Security.Claims;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion;
using EnterpriseRag.Portal.Documents;
using EnterpriseRag.Portal.Hosting;
using EnterpriseRag.Portal.Identity;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace EnterpriseRag.Portal.Api;

/// <summary>What became of one file of an upload. <c>Error</c> is set when it was not taken in; the other files are not affected.</summary>
internal sealed record UploadedFile(string Name, Guid? Document, Guid? Version, bool Unchanged, string? Error);

/// <summary>/api/documents: upload, list, look up, retry, delete.</summary>
internal static class DocumentsApi
{
    public static void MapDocuments(this IEndpointRouteBuilder api)
    {
        var documents = api.MapGroup("/documents");
        documents.MapPost("/", UploadAsync).RequireAuthorization(Policies.HandsIn)
            .WithSummary("Takes files in: multipart/form-data with a field 'matter' (id or name) first, then any number of files")
            .Accepts<IFormFile>("multipart/form-data").Produces<IReadOnlyList<UploadedFile>>(StatusCodes.Status202Accepted);
        documents.MapGet("/", ListAsync).RequireAuthorization(Policies.Reads).WithSummary("Documents that the caller may read, newest first");
        documents.MapGet("/{document:guid}", GetAsync).RequireAuthorization(Policies.Reads).WithSummary("One document with the state of its newest version");
        documents.MapDelete("/{document:guid}", DeleteAsync).RequireAuthorization(Policies.HandsIn).WithSummary("Removes a document with everything made from it");
        documents.MapPost("/{version:guid}/retry", RetryAsync).RequireAuthorization(Policies.HandsIn).WithSummary("Queues a failed version again");
    }

    /// <summary>Streams each file to the intake as it arrives: nothing is buffered whole, and a refused file does not stop the others.</summary>
    private static async Task<IResult> UploadAsync(HttpContext context, DocumentIntake intake, MatterRegister matters, IOptions<PortalOptions> options, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.Value.MaxUploadBytes;
        }

        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).ToString() is not { Length: > 0 and <= 200 } boundary)
        {
            return Problems.From(new Failure(FailureKind.Invalid, "Send multipart/form-data with the field 'matter' and the files."));
        }

        var actor = context.User.ToActor();
        MatterId? matter = null;
        var taken = new List<UploadedFile>();
        var reader = new MultipartReader(boundary, context.Request.Body);
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var part))
            {
                continue;
            }

            if (part.IsFormDisposition() && part.Name == "matter")
            {
                using var text = new StreamReader(section.Body);
                var asked = await text.ReadToEndAsync(cancellationToken);
                matter = await matters.FindAsync(actor, asked.Trim(), cancellationToken);
                if (matter is null)
                {
                    return Problems.From(new Failure(FailureKind.NotFound, "There is no such matter among yours."));
                }
            }
            else if (part.IsFileDisposition())
            {
                if (matter is not { } target)
                {
                    return Problems.From(new Failure(FailureKind.Invalid, "The field 'matter' (id or name) must stand before the files."));
                }

                var name = HeaderUtilities.RemoveQuotes(part.FileNameStar.HasValue ? part.FileNameStar : part.FileName).ToString();
                var received = await intake.ReceiveAsync(actor, target, name, section.Body, cancellationToken);
                taken.Add(received.IsSuccess
                    ? new UploadedFile(name, received.Value.Document.Value, received.Value.Version.Value, received.Value.Unchanged, null)
                    : new UploadedFile(name, null, null, false, received.Failure.Message));
                if (received.Failure is { Kind: FailureKind.AuditUnavailable or FailureKind.Unavailable } or { Kind: FailureKind.Forbidden })
                {
                    return Problems.From(received.Failure);
                }
            }
        }

        return TypedResults.Json(taken, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(ClaimsPrincipal user, DocumentCatalogue catalogue, Guid? matter, CancellationToken cancellationToken) =>
        TypedResults.Ok(await catalogue.ListAsync(user.ToActor(), matter is { } id ? new MatterId(id) : null, document: null, cancellationToken));

    private static async Task<IResult> GetAsync(Guid document, ClaimsPrincipal user, DocumentCatalogue catalogue, CancellationToken cancellationToken) =>
        await catalogue.ListAsync(user.ToActor(), matter: null, new DocumentId(document), cancellationToken) is [var found] ? TypedResults.Ok(found) : Problems.NotFound();

    private static async Task<IResult> DeleteAsync(Guid document, ClaimsPrincipal user, DocumentIntake intake, CancellationToken cancellationToken)
    {
        var deleted = await intake.DeleteAsync(user.ToActor(), new DocumentId(document), cancellationToken);
        return deleted.IsSuccess ? TypedResults.NoContent() : Problems.From(deleted.Failure);
    }

    private static async Task<IResult> RetryAsync(Guid version, ClaimsPrincipal user, DocumentIntake intake, CancellationToken cancellationToken)
    {
        var retried = await intake.RetryAsync(user.ToActor(), new DocumentVersionId(version), cancellationToken);
        return retried.IsSuccess ? TypedResults.Accepted((string?)null) : Problems.From(retried.Failure);
    }
}
