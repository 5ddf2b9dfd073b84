using System.Reflection;
using System.Security.Cryptography;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>
/// SQL scripts of one module for one database: embedded resources <c>{ResourcePrefix}NNNN_name.sql</c>, applied in order of their
/// names, each once, in a transaction of its own. Role names stand in them as <c>${rag_app}</c>.
/// Register with <c>services.AddSingleton(new MigrationSource(...))</c>; sources run in order of registration.
/// </summary>
/// <param name="Database">The database whose tables they make.</param>
/// <param name="Owner">The module's name in <c>schema_migration</c>; frozen once released.</param>
/// <param name="Assembly">The assembly that carries the scripts.</param>
/// <param name="ResourcePrefix">For example <c>Migrations/rag/</c>, with <c>LogicalName="%(RelativeDir)%(Filename)%(Extension)"</c> in the project file.</param>
public sealed record MigrationSource(DatabaseKind Database, string Owner, Assembly Assembly, string ResourcePrefix)
{
    /// <exception cref="InvalidOperationException">No script has that prefix: a wrong prefix must not pass for "nothing to do".</exception>
    internal IReadOnlyList<MigrationScript> Scripts()
    {
        var names = Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToArray();
        return names.Length == 0
            ? throw new InvalidOperationException($"{Assembly.GetName().Name} embeds no SQL script under '{ResourcePrefix}'.")
            : [.. names.Select(Read)];
    }

    private MigrationScript Read(string resource)
    {
        using var stream = Assembly.GetManifestResourceStream(resource)!; // the name came from the manifest
        using var reader = new StreamReader(stream);
        var sql = reader.ReadToEnd();
        return new MigrationScript(Owner, resource[ResourcePrefix.Length..^".sql".Length], sql, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(sql)));
    }
}

/// <summary>One script; <c>Sha256</c> is that of its text before role names are put in.</summary>
internal sealed record MigrationScript(string Owner, string Name, string Sql, byte[] Sha256)
{
    public override string ToString() => $"{Owner}/{Name}";
}
