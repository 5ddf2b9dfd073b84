using System.CommandLine;
using System.Globalization;
using System.Text;
using EnterpriseRag.Audit;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Cli.Commands;

/// <summary>The token, once; with <c>--out</c> it is in the file only.</summary>
internal sealed record CreatedToken(string User, string Name, DateTimeOffset ExpiresAt, string? Token, string? File);

/// <summary>
/// <c>rag token create</c>: a personal access token for an account, by whoever operates this machine. Only the hash is stored; the creation is a record of the
/// ledger, durable before the token counts.
/// </summary>
internal static class TokenCreateCommand
{
    private const int MaxDays = 366;
    private const int MaxNameLength = 200;

    public static Command Create(Terminal terminal)
    {
        var user = new Option<string>("--user") { Description = "User name of the account.", Required = true, HelpName = "name" };
        var days = new Option<int>("--days") { Description = "Days until it ends (1 to 366).", DefaultValueFactory = _ => 90 };
        var name = new Option<string>("--name") { Description = "What it is for; shown in the owner's list.", DefaultValueFactory = _ => "command line" };
        var file = new Option<string?>("--out") { Description = "Write the token to this file (mode 0600) instead of printing it.", HelpName = "file" };
        var command = new Command("create", "Makes a personal access token; it is shown once.") { user, days, name, file };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var lifetime = arguments.GetValue(days);
            var label = arguments.GetRequiredValue(name).Trim();
            if (lifetime is < 1 or > MaxDays || label.Length is 0 or > MaxNameLength)
            {
                throw new CommandFailedException(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"A token needs a name of 1 to {MaxNameLength} characters and 1 to {MaxDays} days."));
            }

            await using var services = LocalServices.Create(InstallationSettings.Read());
            var account = await LocalAccount.FindAsync(services.GetRequiredService<Databases>(), arguments.GetRequiredValue(user), cancellationToken)
                ?? throw new CommandFailedException(ExitCode.NotFound, $"There is no account '{arguments.GetRequiredValue(user)}'.");
            var (token, expires) = await StoreAsync(services, account, label, lifetime, cancellationToken);
            Show(terminal, token, new CreatedToken(account.UserName, label, expires, token.Reveal(), arguments.GetValue(file)));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task<(Secret Token, DateTimeOffset Expires)> StoreAsync(ServiceProvider services, LocalAccount account, string label, int days, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<LedgerTool>().OpenAsync(cancellationToken);
        var owner = new Actor(account.Person, ActorKind.User, account.Roles, "console");
        await services.GetRequiredService<AuditLedger>().AppendAuthAsync(owner, "token.create", "success", cancellationToken);

        var token = AccessToken.Create();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        await using var db = await services.GetRequiredService<IDbContextFactory<RagDbContext>>().CreateDbContextAsync(cancellationToken);
        db.PersonalTokens.Add(new PersonalToken
        {
            Id = services.GetRequiredService<IdFactory>().Next(),
            PersonId = account.Person,
            Name = label,
            Hash = AccessToken.Hash(token.Reveal()) ?? throw new InvalidOperationException("A token just made is well-formed."),
            CreatedAt = now,
            ExpiresAt = now.AddDays(days),
        });
        await db.SaveChangesAsync(cancellationToken);
        return (token, now.AddDays(days));
    }

    private static void Show(Terminal terminal, Secret token, CreatedToken created)
    {
        if (created.File is { } path)
        {
            SecretFile.Write(Path.GetFullPath(path), Encoding.UTF8.GetBytes(token.Reveal() + "\n"));
            terminal.Result(created with { Token = null });
            terminal.Say($"Token of {created.User} in {path}, ends {created.ExpiresAt:yyyy-MM-dd}.");
            return;
        }

        terminal.Result(created);
        terminal.Say($"Token of {created.User}, ends {created.ExpiresAt:yyyy-MM-dd}; it is not shown again:");
        if (!terminal.WritesJson)
        {
            terminal.Standard.WriteLine(token.Reveal()); // the result itself: so that it can be redirected
        }
    }
}
