using System.Security.Claims;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.Identity;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Changes a person's own password: an <c>auth</c> leaf first; other sessions of the person end, this one goes on.</summary>
internal sealed class UserPasswords(UserManager<Account> accounts, SignInManager<Account> signIn, AuditLedger ledger)
{
    public async Task<Result<bool>> ChangeAsync(ClaimsPrincipal user, string current, string wanted, CancellationToken cancellationToken)
    {
        var account = await accounts.GetUserAsync(user);
        if (account is null || !(await signIn.CheckPasswordSignInAsync(account, current, lockoutOnFailure: true)).Succeeded)
        {
            await ledger.AppendAuthAsync(user.ToActor(), "password.change", "refused", cancellationToken);
            return new Failure(FailureKind.Forbidden, "the current password is wrong.");
        }

        await ledger.AppendAuthAsync(user.ToActor(), "password.change", "success", cancellationToken);
        var changed = await accounts.ChangePasswordAsync(account, current, wanted);
        if (!changed.Succeeded)
        {
            return new Failure(FailureKind.Invalid, string.Join(' ', changed.Errors.Select(static e => e.Description)));
        }

        await signIn.RefreshSignInAsync(account);
        return true;
    }
}
