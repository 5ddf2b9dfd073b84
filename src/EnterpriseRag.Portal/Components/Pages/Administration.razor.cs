using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Documents;
using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Portal.Localisation;
using EnterpriseRag.Storage;
using Microsoft.AspNetCore.Components;

namespace EnterpriseRag.Portal.Components.Pages;

public sealed partial class Administration
{
    private readonly Words _words = Words.Current;
    private IReadOnlyList<AccountView> _accounts = [];
    private IReadOnlyList<(MatterView Matter, IReadOnlyList<(Guid Person, MatterRole Role)> Members)> _matters = [];
    private Secret? _newPassword;
    private string? _newName;
    private string? _problem;
    private bool _isDone;

    [SupplyParameterFromForm(FormName = "new-account")]
    internal AccountForm? NewAccount { get; set; }

    [SupplyParameterFromForm(FormName = "new-matter")]
    internal MatterForm? Wanted { get; set; }

    private HttpContext Context => Http.HttpContext ?? throw new InvalidOperationException("Pages are rendered within a request.");

    protected override async Task OnInitializedAsync() => await LoadAsync();

    private async Task LoadAsync()
    {
        _accounts = await Accounts.ListAsync(Context.RequestAborted);
        var matters = new List<(MatterView, IReadOnlyList<(Guid, MatterRole)>)>();
        foreach (var matter in await Matters.ListAsync(Context.User.ToActor(), Context.RequestAborted))
        {
            matters.Add((matter, await Matters.MembersAsync(new MatterId(matter.Id), Context.RequestAborted)));
        }

        _matters = matters;
    }

    private string NameOf(Guid person) => _accounts.FirstOrDefault(a => a.Id == person)?.UserName ?? person.ToString();

    private async Task CreateAccountAsync()
    {
        var password = Passwords.Generate();
        var created = await Accounts.CreateAsync(Context.User.ToActor(), NewAccount?.Name?.Trim() ?? "", NewAccount?.Display?.Trim() ?? "", password, NewAccount?.Roles ?? [], Context.RequestAborted);
        _newPassword = created.IsSuccess ? password : null;
        _newName = created.IsSuccess ? created.Value.UserName : null;
        _problem = created.Failure?.Message;
        await LoadAsync();
    }

    private async Task CreateMatterAsync()
    {
        var wanted = new NewMatter(Wanted?.Name ?? "", Wanted?.Purpose ?? "", Wanted?.LegalBasis ?? "", Wanted?.RetentionClass ?? "", Wanted?.RecordingLevel ?? RecordingLevel.Content);
        await ShowAsync(await Matters.CreateAsync(Context.User.ToActor(), wanted, Context.RequestAborted));
    }

    private async Task SetMemberAsync(Guid matter)
    {
        // One form per matter, so the two fields are read by name rather than bound to a property of each.
        var form = await Context.Request.ReadFormAsync(Context.RequestAborted);
        if (Guid.TryParse(form["member-account"], out var person) && Enum.TryParse<MatterRole>(form["member-role"], out var role))
        {
            await ShowAsync(await Matters.SetMemberAsync(Context.User.ToActor(), new MatterId(matter), new PersonId(person), role, Context.RequestAborted));
        }
    }

    private async Task ShowAsync<T>(Result<T> result)
    {
        _isDone = result.IsSuccess;
        _problem = result.Failure?.Message;
        await LoadAsync();
    }

    internal sealed class AccountForm
    {
        public string? Name { get; set; }

        public string? Display { get; set; }

        public List<string>? Roles { get; set; }
    }

    internal sealed class MatterForm
    {
        public string? Name { get; set; }

        public string? Purpose { get; set; }

        public string? LegalBasis { get; set; }

        public string? RetentionClass { get; set; }

        public RecordingLevel RecordingLevel { get; set; }
    }
}
