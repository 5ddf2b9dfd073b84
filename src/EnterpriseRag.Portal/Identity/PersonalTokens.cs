using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Portal.Identity;

/// <summary>A token as its owner sees it in lists; the token itself is gone after creation.</summary>
internal sealed record TokenView(Guid Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>Personal access tokens of signed-in people. Making and revoking one is an <c>auth</c> leaf before it takes effect.</summary>
internal sealed class PersonalTokens(IDbContextFactory<RagDbContext> contexts, UserManager<Account> accounts, AuditLedger ledger, IdFactory ids, TimeProvider time)
{
    public const int MaxDays = 366;

    /// <summary>The account behind a presented token; null when the token is unknown, expired or revoked, or its owner is locked out.</summary>
    public async Task<Account?> FindOwnerAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var owner = await db.PersonalTokens.AsNoTracking()
            .Where(t => t.Hash == hash && t.RevokedAt == null && t.ExpiresAt > now)
            .Select(t => (PersonId?)t.PersonId)
            .SingleOrDefaultAsync(cancellationToken);
        if (owner is not { } person)
        {
            return null;
        }

        // Found through the manager's own context, which does the same for cookies; a person with two factors keeps them for the browser.
        var account = await accounts.FindByIdAsync(person.Value.ToString());
        return account is null || await accounts.IsLockedOutAsync(account) ? null : account;
    }

    /// <summary>Makes a token that ends after <paramref name="days"/> (1 to <see cref="MaxDays"/>); shown to its owner once.</summary>
    public async Task<Result<Secret>> CreateAsync(Actor owner, string name, int days, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (name.Length is 0 or > 200 || days is < 1 or > MaxDays)
        {
            return new Failure(FailureKind.Invalid, $"A token needs a name of 1 to 200 characters and 1 to {MaxDays} days.");
        }

        var token = AccessToken.Create();
        var now = time.GetUtcNow();
        await ledger.AppendAuthAsync(owner, "token.create", "success", cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.PersonalTokens.Add(new PersonalToken
        {
            Id = ids.Next(),
            PersonId = owner.Person,
            Name = name,
            Hash = AccessToken.Hash(token.Reveal())!, // a token just made is well-formed
            CreatedAt = now,
            ExpiresAt = now.AddDays(days),
        });
        await db.SaveChangesAsync(cancellationToken);
        return token;
    }

    public async Task<IReadOnlyList<TokenView>> ListAsync(PersonId owner, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        return await db.PersonalTokens.AsNoTracking()
            .Where(t => t.PersonId == owner && t.RevokedAt == null && t.ExpiresAt > now)
            .OrderByDescending(t => t.CreatedAt)
            .Select(t => new TokenView(t.Id, t.Name, t.CreatedAt, t.ExpiresAt))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Ends the token at once. NotFound for tokens of other people as for tokens that never were.</summary>
    public async Task<Result<bool>> RevokeAsync(Actor owner, Guid id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var token = await db.PersonalTokens.SingleOrDefaultAsync(t => t.Id == id && t.PersonId == owner.Person && t.RevokedAt == null, cancellationToken);
        if (token is null)
        {
            return new Failure(FailureKind.NotFound, "There is no such token.");
        }

        await ledger.AppendAuthAsync(owner, "token.revoke", "success", cancellationToken);
        token.RevokedAt = time.GetUtcNow();
        await db.SaveChangesAsync(cancellationToken);
        return true;
    }
}
