using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.Identity;

namespace EnterpriseRag.Portal.Identity;

/// <summary>A local account. Its id is the <see cref="PersonId"/> that the other modules know.</summary>
internal sealed class Account : IdentityUser<Guid>
{
    /// <summary>Name as shown; personal data, never logged.</summary>
    public string DisplayName { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public PersonId Person => new(Id);
}

internal sealed class AccountRole : IdentityRole<Guid>;
