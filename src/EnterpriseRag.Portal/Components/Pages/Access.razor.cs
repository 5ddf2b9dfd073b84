using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Portal.Localisation;
using Microsoft.AspNetCore.Components;

namespace EnterpriseRag.Portal.Components.Pages;

public sealed partial class Access
{
    private readonly Words _words = Words.Current;
    private IReadOnlyList<TokenView> _tokens = [];
    private Secret? _newToken;
    private string? _problem;
    private bool _isPasswordChanged;

    [SupplyParameterFromForm(FormName = "create-token")]
    internal TokenForm? NewToken { get; set; }

    [SupplyParameterFromForm(FormName = "change-password")]
    internal PasswordForm? Change { get; set; }

    private HttpContext Context => Http.HttpContext ?? throw new InvalidOperationException("Pages are rendered within a request.");

    protected override async Task OnInitializedAsync() => await LoadAsync();

    private async Task LoadAsync() => _tokens = await Tokens.ListAsync(Context.User.ToActor().Person, Context.RequestAborted);

    private async Task CreateAsync()
    {
        var created = await Tokens.CreateAsync(Context.User.ToActor(), NewToken?.Name ?? "", NewToken?.Days ?? 0, Context.RequestAborted);
        _newToken = created.IsSuccess ? created.Value : null;
        _problem = created.IsSuccess ? null : _words["access.name_missing"];
        await LoadAsync();
    }

    private async Task RevokeAsync(Guid id)
    {
        await Tokens.RevokeAsync(Context.User.ToActor(), id, Context.RequestAborted); // gone already is as good
        await LoadAsync();
    }

    private async Task ChangePasswordAsync()
    {
        var changed = await Passwords.ChangeAsync(Context.User, Change?.Current ?? "", Change?.New ?? "", Context.RequestAborted);
        _isPasswordChanged = changed.IsSuccess;
        _problem = changed.IsSuccess ? null : _words["access.password_refused", changed.Failure.Message];
    }

    internal sealed class TokenForm
    {
        public string? Name { get; set; }

        public int Days { get; set; }
    }

    internal sealed class PasswordForm
    {
        public string? Current { get; set; }

        public string? New { get; set; }
    }
}
