using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Portal.Identity;

/// <summary>An account as administrators see it.</summary>
internal sealed record AccountView(Guid Id, string UserName, string DisplayName, IReadOnlyList<string> Roles);

/// <summary>Creates accounts with their roles. Each creation is a <c>config</c> leaf before it takes effect.</summary>
internal sealed class AccountDirectory(UserManager<Account> accounts, RoleManager<AccountRole> roles, IdentityDb db, IdFactory ids, TimeProvider time, ConfigurationRecord record)
{
    public static readonly IReadOnlyList<string> KnownRoles = [PlatformRoles.Administrator, PlatformRoles.Reader, PlatformRoles.ComplianceOfficer];

    public async Task EnsureRolesAsync()
    {
        foreach (var name in KnownRoles)
        {
            if (!await roles.RoleExistsAsync(name))
            {
                Require(await roles.CreateAsync(new AccountRole { Id = ids.Next(), Name = name }));
            }
        }
    }

    public Task<bool> AnyAsync(CancellationToken cancellationToken) => db.Users.AnyAsync(cancellationToken);

    public Task<Account?> FindAsync(string userName) => accounts.FindByNameAsync(userName);

    public async Task<IReadOnlyList<AccountView>> ListAsync(CancellationToken cancellationToken)
    {
        var people = await db.Users.AsNoTracking().OrderBy(a => a.NormalizedUserName)
            .Select(a => new
            {
                a.Id,
                a.UserName,
                a.DisplayName,
                Roles = db.UserRoles.Where(r => r.UserId == a.Id).Join(db.Roles, r => r.RoleId, r => r.Id, (_, r) => r.Name!).ToList(),
            })
            .ToListAsync(cancellationToken);
        return [.. people.Select(a => new AccountView(a.Id, a.UserName ?? "", a.DisplayName, a.Roles))];
    }

    /// <summary>Creates the account. Fails with Invalid when the name is taken or unusable, a role is unknown or the password too short.</summary>
    public async Task<Result<Account>> CreateAsync(Actor creator, string userName, string displayName, Secret password, IReadOnlyList<string> roleNames, CancellationToken cancellationToken)
    {
        if (roleNames.FirstOrDefault(r => !KnownRoles.Contains(r, StringComparer.Ordinal)) is { } unknown)
        {
            return new Failure(FailureKind.Invalid, $"There is no role '{unknown}'. Roles are: {string.Join(", ", KnownRoles)}.");
        }

        if (await accounts.FindByNameAsync(userName) is not null)
        {
            return new Failure(FailureKind.Conflict, "There is an account of that name already.");
        }

        var account = new Account { Id = ids.Next(), UserName = userName, DisplayName = displayName.Length == 0 ? userName : displayName, CreatedAt = time.GetUtcNow() };
        foreach (var validator in accounts.PasswordValidators)
        {
            var verdict = await validator.ValidateAsync(accounts, account, password.Reveal());
            if (!verdict.Succeeded)
            {
                return Refusal(verdict);
            }
        }

        await record.AppendAsync(creator, "account.create", new { account.Id, Roles = roleNames }, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var created = await accounts.CreateAsync(account, password.Reveal());
        if (!created.Succeeded)
        {
            return Refusal(created);
        }

        if (roleNames.Count > 0)
        {
            Require(await accounts.AddToRolesAsync(account, roleNames));
        }

        await transaction.CommitAsync(cancellationToken);
        return account;
    }

    private static Failure Refusal(IdentityResult verdict) => new(FailureKind.Invalid, string.Join(' ', verdict.Errors.Select(e => e.Description)));

    private static void Require(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new InvalidOperationException(string.Join(' ', result.Errors.Select(e => e.Description)));
        }
    }
}
