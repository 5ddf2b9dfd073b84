using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>The generated passwords of our roles: <c>&lt;Data&gt;/secrets/database-passwords.json</c>, role to password, mode 0600.</summary>
internal sealed class DatabasePasswords(DataOptions data)
{
    private const int PasswordBytes = 32;

    public string Path { get; } = data.Sub("secrets/database-passwords.json");

    /// <exception cref="DatabaseSetupException">No file, or the role is not in it.</exception>
    public string Of(DatabaseRole role) =>
        Load().TryGetValue(role.Name, out var password)
            ? password
            : throw new DatabaseSetupException($"'{Path}' holds no password of the role {role.Name}. Start the host once with Database:AdminConnection (a Postgres superuser), or restore the file from its backup.");

    public Dictionary<string, string> Load()
    {
        var bytes = SecretFile.ReadIfPresent(Path);
        if (bytes is null)
        {
            return new Dictionary<string, string>(StringComparer.Ordinal);
        }

        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(bytes) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new DatabaseSetupException($"'{Path}' is not a JSON object of role and password. Restore it from its backup.", e);
        }
    }

    public void Save(Dictionary<string, string> passwords) => SecretFile.Write(Path, JsonSerializer.SerializeToUtf8Bytes(passwords));

    public static string Generate() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PasswordBytes));

    /// <summary>
    /// What Postgres stores for a password (RFC 5803, SCRAM-SHA-256). Made here, so that the password itself never reaches the
    /// server's statement log.
    /// </summary>
    public static string ScramVerifier(string password)
    {
        const int Iterations = 4096; // Postgres' own; 256 random bits need no stretching
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
    }
}
