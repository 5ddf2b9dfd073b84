using System.Net.Mime;
using System.Security.Claims;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Documents;
using EnterpriseRag.Portal.Identity;

namespace EnterpriseRag.Portal.Api;

/// <summary>Pages of document versions for the viewer. Every call is one <c>view.open</c> leaf, durable before the first byte.</summary>
internal static class PagesApi
{
    public static void MapPages(this IEndpointRouteBuilder api)
    {
        var pages = api.MapGroup("/documents/{version:guid}/pages").RequireAuthorization(Policies.Reads);
        pages.MapGet("/{page:int}", TextAsync).WithSummary("A page's text with the asked range marked; image=true adds the printed page as a data URI").Produces<PageView>();
        pages.MapGet("/{page:int}.png", ImageAsync).WithSummary("A PDF page as PNG").Produces<byte[]>(contentType: MediaTypeNames.Image.Png);
    }

    private static async Task<IResult> TextAsync(
        Guid version, int page, ClaimsPrincipal user, PageReader reader, CancellationToken cancellationToken, int start = 0, int length = 0, bool image = false, Guid? request = null)
    {
        var asked = new PageRequest(new DocumentVersionId(version), page, start, Math.Max(0, length), request is { } id ? new RequestId(id) : null);
        var opened = await reader.OpenAsync(user.ToActor(), asked, image, cancellationToken);
        return opened.IsSuccess ? TypedResults.Ok(opened.Value) : Problems.From(opened.Failure);
    }

    private static async Task<IResult> ImageAsync(Guid version, int page, ClaimsPrincipal user, PageReader reader, CancellationToken cancellationToken, Guid? request = null)
    {
        var asked = new PageRequest(new DocumentVersionId(version), page, Cause: request is { } id ? new RequestId(id) : null);
        var opened = await reader.OpenImageAsync(user.ToActor(), asked, cancellationToken);
        return opened.IsSuccess ? TypedResults.Bytes(opened.Value, MediaTypeNames.Image.Png) : Problems.From(opened.Failure);
    }
}
