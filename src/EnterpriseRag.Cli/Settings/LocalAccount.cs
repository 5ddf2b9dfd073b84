using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Postgres;
using Npgsql;

namespace EnterpriseRag.Cli.Settings;

/// <summary>An account of the installation, as commands on the same machine see it.</summary>
internal sealed record LocalAccount(PersonId Person, string UserName, IReadOnlyList<string> Roles)
{
    /// <summary>
    /// The account of a user name; null when there is none.
    /// Accounts belong to the portal, which the command line may not see; their table is in the same database and its columns are part of that module's
    /// migrations (schema <c>identity</c>).
    /// </summary>
    public static async Task<LocalAccount?> FindAsync(Databases databases, string userName, CancellationToken cancellationToken)
    {
        const string Sql =
            """
            SELECT a.id, a.user_name, coalesce(array_agg(r.name) FILTER (WHERE r.name IS NOT NULL), '{}')
            FROM identity.account a
            LEFT JOIN identity.account_role ar ON ar.user_id = a.id
            LEFT JOIN identity.role r ON r.id = ar.role_id
            WHERE a.normalized_user_name = $1
            GROUP BY a.id, a.user_name
            """;
        try
        {
            await using var command = databases.Rag.CreateCommand(Sql);
            command.Parameters.Add(new() { Value = userName.ToUpperInvariant() });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken)
                ? new LocalAccount(new PersonId(reader.GetGuid(0)), reader.GetString(1), reader.GetFieldValue<string[]>(2))
                : null;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new CommandFailedException(ExitCode.Unavailable, "The installation has no accounts yet. Start the host once.", e);
        }
    }
}
