using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Storage;

internal static partial class Log
{
    [LoggerMessage(7000, LogLevel.Information, "Created the database role {Role}")]
    public static partial void RoleCreated(ILogger logger, string role);

    [LoggerMessage(7001, LogLevel.Information, "Created the database {Database}")]
    public static partial void DatabaseCreated(ILogger logger, string database);

    [LoggerMessage(7002, LogLevel.Information, "Applied the migration {Migration} to {Database}")]
    public static partial void MigrationApplied(ILogger logger, string migration, string database);

    [LoggerMessage(7003, LogLevel.Warning, "Gave up {Kind} job {Job} after attempt {Attempt}")]
    public static partial void JobDead(ILogger logger, string kind, Guid job, int attempt);

    [LoggerMessage(7004, LogLevel.Warning, "Removed {Files} stored files that no document knows")]
    public static partial void OrphansRemoved(ILogger logger, int files);
}
