using EnterpriseRag.Storage.Postgres;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class DatabaseRoleTests(FreshDatabases databases) : IClassFixture<FreshDatabases>
{
    [Fact]
    public async Task No_role_reaches_a_database_that_is_not_its_own()
    {
        var set = databases.Set;
        foreach (var role in DatabaseRole.All.Where(role => role.CanLogIn))
        {
            foreach (var database in Enum.GetValues<DatabaseKind>().Where(database => database != role.Database))
            {
                var elsewhere = new NpgsqlConnectionStringBuilder(set.Databases[role].ConnectionString) { Database = set.Options.Name(database), Pooling = false };
                await using var connection = new NpgsqlConnection(elsewhere.ConnectionString);
                (await Should.ThrowAsync<PostgresException>(() => connection.OpenAsync(), $"{role.Name} at {database}")).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
            }
        }
    }

    [Theory]
    [InlineData("identity_vault", "SELECT * FROM keys.sdk")]
    [InlineData("identity_vault", "SELECT * FROM keys.kek")]
    [InlineData("keys_broker", "CREATE TABLE vault.t(i int)")]
    [InlineData("keys_broker", "DELETE FROM keys.kek")]
    [InlineData("keys_broker", "CREATE TABLE public.t(i int)")]
    [InlineData("rag_app", "DROP TABLE rag.matter")]
    [InlineData("rag_app", "CREATE TABLE public.t(i int)")]
    [InlineData("rag_app", "UPDATE public.schema_migration SET sha256 = sha256")]
    [InlineData("audit_writer", "SELECT * FROM public.schema_migration")]
    [InlineData("audit_writer", "CREATE SCHEMA mine")]
    public async Task A_role_may_not_do_what_is_not_its_work(string role, string sql)
    {
        var set = databases.Set;
        await using var command = set.Databases[DatabaseRole.All.Single(one => string.Equals(one.Name, role, StringComparison.Ordinal))].CreateCommand(sql);

        (await Should.ThrowAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }
}
