using Microsoft.AspNetCore.Mvc;

namespace EnterpriseRag.Portal.Identity;

internal static class SignOutEndpoint
{
    /// <summary>POST with the form's antiforgery token, so that no other site can end a session.</summary>
    public static void MapSignOut(this IEndpointRouteBuilder app) => app.MapPost("/sign-out", static async ([FromForm] IFormCollection form, HttpContext context, SignInDoor door) =>
    {
        _ = form; // binding a form is what makes the antiforgery middleware check it
        await door.SignOutAsync(context.User.ToActor(), context.RequestAborted);
        return TypedResults.LocalRedirect("/sign-in");
    }).ExcludeFromDescription();
}
