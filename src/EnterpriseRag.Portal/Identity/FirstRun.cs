using EnterpriseRag.Foundation;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Before the first request: the roles exist, an empty installation gets its administrator, the seed is applied.</summary>
internal sealed class FirstRun(IServiceScopeFactory services, ILogger<FirstRun> logger) : IHostedService
{
    public const string AdministratorName = "admin";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<AccountDirectory>();
        await accounts.EnsureRolesAsync();
        if (!await accounts.AnyAsync(cancellationToken))
        {
            await CreateAdministratorAsync(accounts, cancellationToken);
        }

        await scope.ServiceProvider.GetRequiredService<Seed>().ApplyAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task CreateAdministratorAsync(AccountDirectory accounts, CancellationToken cancellationToken)
    {
        var password = Passwords.Generate();
        var created = await accounts.CreateAsync(SignedIn.System, AdministratorName, "Administrator", password, [PlatformRoles.Administrator], cancellationToken);
        if (!created.IsSuccess)
        {
            throw new InvalidOperationException($"The administrator cannot be created: {created.Failure.Message}");
        }

        // Straight to the console, past the log: log files are kept, this password must not be.
        await Console.Out.WriteLineAsync($"First run: sign in as '{AdministratorName}' with the password {password.Reveal()}  (shown once, stored nowhere; change it under My access)");
        Log.FirstRun(logger);
    }
}
