using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Portal.Localisation;
using Microsoft.AspNetCore.Components;

namespace EnterpriseRag.Portal.Components.Pages;

public sealed partial class SignIn
{
    private readonly Words _words = Words.Current;
    private string? _problem;

    [SupplyParameterFromForm(FormName = "sign-in")]
    internal Form? Input { get; set; }

    [SupplyParameterFromQuery]
    internal string? ReturnUrl { get; set; }

    protected override void OnInitialized()
    {
        Input ??= new Form();
        if (Http.HttpContext?.User.Identity?.IsAuthenticated == true && HttpMethods.IsGet(Http.HttpContext.Request.Method))
        {
            Navigation.NavigateTo(Target());
        }
    }

    private async Task SubmitAsync()
    {
        var context = Http.HttpContext ?? throw new InvalidOperationException("The form is handled within a request.");
        if (Input is not { User: { Length: > 0 } user, Password: { Length: > 0 } password })
        {
            _problem = "sign_in.empty";
            return;
        }

        switch (await Door.SignInAsync(user, password, context.Connection.RemoteIpAddress, context.RequestAborted))
        {
            case SignInOutcome.SignedIn:
                Navigation.NavigateTo(Target());
                break;
            case SignInOutcome.LockedOut:
                _problem = "sign_in.locked";
                break;
            case SignInOutcome.Slowed:
                _problem = "sign_in.slowed";
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                break;
            default:
                _problem = "sign_in.refused";
                break;
        }
    }

    /// <summary>Only a path of this server: <c>//host</c> and <c>/\host</c> would leave it.</summary>
    private string Target() => ReturnUrl is ['/', not ('/' or '\\'), ..] ? ReturnUrl : "/";

    internal sealed class Form
    {
        public string? User { get; set; }

        public string? Password { get; set; }
    }
}
