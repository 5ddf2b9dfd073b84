using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>Where Postgres is and what our databases and roles are called.</summary>
public sealed class DatabaseOptions
{
    public const string Section = "Database";
    private const string NamePattern = "^[a-z][a-z0-9_]{0,40}$";

    /// <summary>Superuser connection string, only for creating roles and databases and for migrations. Absent afterwards in hardened installations.</summary>
    public string? AdminConnection { get; set; }

    /// <summary>Host name, address or socket folder. Default: that of <see cref="AdminConnection"/>, else 127.0.0.1.</summary>
    public string? Host { get; set; }

    /// <summary>Default: that of <see cref="AdminConnection"/>, else 5432.</summary>
    [Range(1, 65535, ErrorMessage = "Database:Port must be 1 to 65535.")]
    public int? Port { get; set; }

    [Required, RegularExpression(NamePattern, ErrorMessage = "Database:Rag must be lower-case letters, digits and _ (at most 41).")]
    public string Rag { get; set; } = "rag";

    [Required, RegularExpression(NamePattern, ErrorMessage = "Database:RagAudit must be lower-case letters, digits and _ (at most 41).")]
    public string RagAudit { get; set; } = "rag_audit";

    [Required, RegularExpression(NamePattern, ErrorMessage = "Database:RagKeys must be lower-case letters, digits and _ (at most 41).")]
    public string RagKeys { get; set; } = "rag_keys";

    /// <summary>Put before every role name, so that two installations can share a cluster.</summary>
    [RegularExpression("^([a-z][a-z0-9_]{0,30})?$", ErrorMessage = "Database:RolePrefix must be lower-case letters, digits and _ (at most 31).")]
    public string RolePrefix { get; set; } = "";

    [Range(1, 600, ErrorMessage = "Database:CommandTimeoutSeconds must be 1 to 600.")]
    public int CommandTimeoutSeconds { get; set; } = 30;

    [Range(1, 60, ErrorMessage = "Database:ConnectTimeoutSeconds must be 1 to 60.")]
    public int ConnectTimeoutSeconds { get; set; } = 5;

    /// <summary>The database's name in the cluster.</summary>
    public string Name(DatabaseKind database) => database switch
    {
        DatabaseKind.Rag => Rag,
        DatabaseKind.Audit => RagAudit,
        DatabaseKind.Keys => RagKeys,
        _ => throw new ArgumentOutOfRangeException(nameof(database), database, "Unknown database."),
    };

    /// <summary>The role's name in the cluster.</summary>
    public string Name(DatabaseRole role) => RolePrefix + role.Name;

    internal string Describe()
    {
        var (host, port) = Server();
        return $"{host}:{port}";
    }

    internal (string Host, int Port) Server()
    {
        var admin = AdminConnection is null ? null : new NpgsqlConnectionStringBuilder(AdminConnection);
        return (Host ?? admin?.Host ?? "127.0.0.1", Port ?? admin?.Port ?? 5432);
    }

    /// <summary>Connection of the administrator to one of our databases, or to the maintenance database for null. Not pooled.</summary>
    internal string AdminConnectionTo(DatabaseKind? database)
    {
        var builder = new NpgsqlConnectionStringBuilder(AdminConnection ?? throw new InvalidOperationException("Database:AdminConnection is not set."))
        {
            Pooling = false,
            ApplicationName = "rag-setup",
        };
        builder.Database = database is { } ours ? Name(ours) : builder.Database ?? "postgres";
        return builder.ConnectionString;
    }
}

[OptionsValidator]
internal sealed partial class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>;
