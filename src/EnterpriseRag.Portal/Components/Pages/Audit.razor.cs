using System.Globalization;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Portal.Localisation;
using EnterpriseRag.Portal.Review;
using Microsoft.AspNetCore.Components;

namespace EnterpriseRag.Portal.Components.Pages;

public sealed partial class Audit
{
    private const int PageSize = 50;

    private static readonly string[] s_types = ["request", "context", "response", "abort", "refusal", "view.open", "auth", "doc.version", "config", "genesis"];

    private readonly Words _words = Words.Current;
    private LedgerState? _state;
    private LedgerPage? _page;

    [SupplyParameterFromQuery]
    internal string? Type { get; set; }

    [SupplyParameterFromQuery]
    internal string? Pseudonym { get; set; }

    [SupplyParameterFromQuery]
    internal string? Request { get; set; }

    [SupplyParameterFromQuery]
    internal string? From { get; set; }

    [SupplyParameterFromQuery]
    internal string? To { get; set; }

    [SupplyParameterFromQuery]
    internal string? Next { get; set; }

    protected override async Task OnInitializedAsync()
    {
        var context = Http.HttpContext ?? throw new InvalidOperationException("Pages are rendered within a request.");
        _state = await Desk.StateAsync(context.RequestAborted);
        try
        {
            _page = await Desk.ReadAsync(context.User.ToActor(), Filter(), PageSize, Blank(Next), context.RequestAborted);
        }
        catch (ArgumentException)
        {
            _page = new LedgerPage([], null); // a filter that the ledger does not know matches nothing
        }
    }

    private LedgerFilter Filter() => new(
        Blank(Type), Blank(Pseudonym), Guid.TryParse(Request, out var id) ? new RequestId(id) : null, Day(From), Day(To)?.AddDays(1));

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static DateTimeOffset? Day(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero) : null;

    private string PageLink(string? next) => "/audit" + QueryString.Create(new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["type"] = Blank(Type), ["pseudonym"] = Blank(Pseudonym), ["request"] = Blank(Request), ["from"] = Blank(From), ["to"] = Blank(To), ["next"] = next,
    }.Where(static q => q.Value is not null)).ToUriComponent();
}
