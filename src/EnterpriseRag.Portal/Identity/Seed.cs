using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Documents;
using EnterpriseRag.Portal.Hosting;
using EnterpriseRag.Storage;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Content of <c>Portal:Seed:File</c>. Paths are relative to <c>Data:Directory</c>.</summary>
internal sealed record SeedFile(IReadOnlyList<SeedAccount>? Accounts, IReadOnlyList<SeedMatter>? Matters);

/// <param name="Name">User name.</param>
/// <param name="DisplayName">Name as shown; default: the user name.</param>
/// <param name="Roles">Platform roles.</param>
/// <param name="PasswordFile">Where the generated password goes (0600), so that no password stands in the seed.</param>
/// <param name="TokenFile">Where a personal access token goes (0600); null: none.</param>
internal sealed record SeedAccount(string Name, string? DisplayName, IReadOnlyList<string> Roles, string PasswordFile, string? TokenFile);

internal sealed record SeedMatter(string Name, string Purpose, string LegalBasis, string RetentionClass, RecordingLevel RecordingLevel, IReadOnlyList<SeedMember>? Members, bool Privileged = false);

internal sealed record SeedMember(string Account, MatterRole Role);

/// <summary>Creates the accounts and matters of a seed file where they are missing, and changes none that exist. Safe at every start.</summary>
internal sealed class Seed(
    AccountDirectory accounts, MatterRegister matters, PersonalTokens tokens, IOptions<PortalOptions> options, IOptions<DataOptions> data, ILogger<Seed> logger)
{
    private const int TokenDays = 365;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = false,
    };

    /// <exception cref="InvalidOperationException">The file is missing, no valid seed, or names what cannot be created.</exception>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Seed.File is not { Length: > 0 } path)
        {
            return;
        }

        var seed = await ReadAsync(path, cancellationToken);
        var newAccounts = 0;
        foreach (var account in seed.Accounts ?? [])
        {
            newAccounts += await ApplyAsync(account, cancellationToken) ? 1 : 0;
        }

        var newMatters = 0;
        foreach (var matter in seed.Matters ?? [])
        {
            newMatters += await ApplyAsync(matter, cancellationToken) ? 1 : 0;
        }

        Log.Seeded(logger, newAccounts, newMatters);
    }

    private static async Task<SeedFile> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.OpenRead(path);
            return await JsonSerializer.DeserializeAsync<SeedFile>(stream, s_json, cancellationToken) ?? throw new JsonException("The file holds null.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"Portal:Seed:File '{path}' cannot be used: {e.Message}", e);
        }
    }

    private async Task<bool> ApplyAsync(SeedAccount wanted, CancellationToken cancellationToken)
    {
        var account = await accounts.FindAsync(wanted.Name);
        var isNew = account is null;
        if (account is null)
        {
            var password = Passwords.Generate();
            // The file first: a crash between the two leaves a password nobody has, which the next start replaces with the account's own.
            SecretFile.Write(data.Value.Sub(wanted.PasswordFile), Encoding.UTF8.GetBytes(password.Reveal() + "\n"));
            account = Required(await accounts.CreateAsync(SignedIn.System, wanted.Name, wanted.DisplayName ?? "", password, wanted.Roles, cancellationToken));
        }

        if (wanted.TokenFile is { } tokenFile && !await HoldsLiveTokenAsync(data.Value.Sub(tokenFile), cancellationToken))
        {
            var actor = SignedIn.ToActor(account.Person, wanted.Roles, "seed");
            var token = Required(await tokens.CreateAsync(actor, "quick start", TokenDays, cancellationToken));
            SecretFile.Write(data.Value.Sub(tokenFile), Encoding.UTF8.GetBytes(token.Reveal() + "\n"));
        }

        return isNew;
    }

    private async Task<bool> HoldsLiveTokenAsync(string path, CancellationToken cancellationToken) =>
        SecretFile.ReadIfPresent(path) is { } bytes && AccessToken.Hash(Encoding.UTF8.GetString(bytes).Trim()) is { } hash && await tokens.FindOwnerAsync(hash, cancellationToken) is not null;

    private async Task<bool> ApplyAsync(SeedMatter wanted, CancellationToken cancellationToken)
    {
        var found = await matters.FindByNameAsync(wanted.Name, cancellationToken);
        var id = found ?? Required(await matters.CreateAsync(
            SignedIn.System, new NewMatter(wanted.Name, wanted.Purpose, wanted.LegalBasis, wanted.RetentionClass, wanted.RecordingLevel, wanted.Privileged), cancellationToken));
        if (found is not null)
        {
            return false; // members of an existing matter are its owners' business, not the seed's
        }

        foreach (var member in wanted.Members ?? [])
        {
            var account = await accounts.FindAsync(member.Account) ?? throw new InvalidOperationException($"The seed names the member '{member.Account}', and there is no such account.");
            Required(await matters.SetMemberAsync(SignedIn.System, id, account.Person, member.Role, cancellationToken));
        }

        return true;
    }

    private static T Required<T>(Result<T> result) => result.IsSuccess ? result.Value : throw new InvalidOperationException($"The seed cannot be applied: {result.Failure.Message}");
}
