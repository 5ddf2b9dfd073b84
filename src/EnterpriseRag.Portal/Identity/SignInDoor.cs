using System.Net;
using System.Threading.RateLimiting;
using EnterpriseRag.Audit;
using Microsoft.AspNetCore.Identity;

namespace EnterpriseRag.Portal.Identity;

internal enum SignInOutcome
{
    SignedIn,

    /// <summary>Unknown name or wrong password: never told apart.</summary>
    Refused,

    /// <summary>Too many failures: the account waits.</summary>
    LockedOut,

    /// <summary>Too many failures from this address: nothing was checked and nothing recorded, so that a guesser cannot fill the ledger.</summary>
    Slowed,
}

/// <summary>
/// The one way in. Each attempt is a leaf of the ledger before it takes effect: no leaf, no session.
/// Failed attempts are limited per remote address (20 at once, then one each three seconds).
/// </summary>
internal sealed class SignInDoor(UserManager<Account> accounts, SignInManager<Account> signIn, AuditLedger ledger, FailureLimiter failures)
{
    /// <exception cref="AuditUnavailableException">The attempt could not be recorded; nobody was signed in.</exception>
    public async Task<SignInOutcome> SignInAsync(string userName, string password, IPAddress? from, CancellationToken cancellationToken)
    {
        if (failures.IsExhausted(from))
        {
            return SignInOutcome.Slowed;
        }

        var account = await accounts.FindByNameAsync(userName);
        if (account is null)
        {
            // The same work as for a known name, so that the answer's time does not tell who exists.
            accounts.PasswordHasher.VerifyHashedPassword(new Account(), failures.DecoyHash, password);
            failures.Count(from);
            await ledger.AppendAuthAsync(actor: null, "sign_in", "refused", cancellationToken);
            return SignInOutcome.Refused;
        }

        var check = await signIn.CheckPasswordSignInAsync(account, password, lockoutOnFailure: true);
        var actor = SignedIn.ToActor(account.Person, [.. await accounts.GetRolesAsync(account)], "password");
        if (!check.Succeeded)
        {
            failures.Count(from);
            await ledger.AppendAuthAsync(actor, "sign_in", check.IsLockedOut ? "locked_out" : "refused", cancellationToken);
            return check.IsLockedOut ? SignInOutcome.LockedOut : SignInOutcome.Refused;
        }

        await ledger.AppendAuthAsync(actor, "sign_in", "success", cancellationToken);
        await signIn.SignInAsync(account, isPersistent: false, authenticationMethod: "pwd");
        return SignInOutcome.SignedIn;
    }

    /// <exception cref="AuditUnavailableException">The sign-out could not be recorded; the session stays.</exception>
    public async Task SignOutAsync(Actor actor, CancellationToken cancellationToken)
    {
        await ledger.AppendAuthAsync(actor, "sign_out", "success", cancellationToken);
        await signIn.SignOutAsync();
    }

    public async Task RecordRefusedTokenAsync(IPAddress? from, CancellationToken cancellationToken)
    {
        if (failures.IsExhausted(from))
        {
            return;
        }

        failures.Count(from);
        await ledger.AppendAuthAsync(actor: null, "token", "refused", cancellationToken);
    }
}

/// <summary>Failed attempts per remote address. Singleton; safe for concurrent callers.</summary>
internal sealed class FailureLimiter(IPasswordHasher<Account> hasher) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = 20,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(3),
            AutoReplenishment = true,
            QueueLimit = 0,
        }));

    /// <summary>A hash of nothing anybody knows: checked for unknown names.</summary>
    public string DecoyHash { get; } = hasher.HashPassword(new Account(), Passwords.Generate().Reveal());

    public bool IsExhausted(IPAddress? from) => _limiter.GetStatistics(Key(from))?.CurrentAvailablePermits == 0;

    public void Count(IPAddress? from)
    {
        using var lease = _limiter.AttemptAcquire(Key(from));
    }

    public void Dispose() => _limiter.Dispose();

    private static string Key(IPAddress? from) => from?.ToString() ?? "";
}
