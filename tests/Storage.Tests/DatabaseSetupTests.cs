using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class DatabaseSetupTests
{
    private static readonly System.Reflection.Assembly s_here = typeof(DatabaseSetupTests).Assembly;
    private static readonly MigrationSource s_first = new(DatabaseKind.Audit, "probe", s_here, "Scripts/first/");
    private static readonly MigrationSource s_changed = new(DatabaseKind.Audit, "probe", s_here, "Scripts/changed/");
    private static readonly MigrationSource s_longer = new(DatabaseKind.Audit, "probe", s_here, "Scripts/longer/");
    private static readonly MigrationSource s_broken = new(DatabaseKind.Audit, "probe", s_here, "Scripts/broken/");

    [Fact]
    public async Task Eight_processes_starting_at_once_make_one_installation()
    {
        var cluster = await PostgresCluster.SharedAsync();
        await using var set = cluster.NewInstallation();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => set.SetUpAsync(s_first)));

        (await ScalarAsync<long>(set, DatabaseKind.Audit, "SELECT count(*) FROM public.schema_migration")).ShouldBe(1);
        await using var connection = await set.Databases.Rag.OpenConnectionAsync();
    }

    [Fact]
    public async Task A_second_start_changes_nothing()
    {
        await using var set = await NewSetAsync(s_first);
        var passwords = await File.ReadAllTextAsync(PasswordFile(set));
        var applied = await ScalarAsync<string>(set, DatabaseKind.Rag, "SELECT string_agg(name || applied_at, ',') FROM public.schema_migration");

        await set.SetUpAsync(s_first);

        (await File.ReadAllTextAsync(PasswordFile(set))).ShouldBe(passwords);
        (await ScalarAsync<string>(set, DatabaseKind.Rag, "SELECT string_agg(name || applied_at, ',') FROM public.schema_migration")).ShouldBe(applied);
    }

    [Fact]
    public async Task A_script_changed_after_it_was_applied_stops_the_start()
    {
        await using var set = await NewSetAsync(s_first);

        (await Should.ThrowAsync<DatabaseSetupException>(() => set.SetUpAsync(s_changed))).Message.ShouldContain("probe/0001_probe");
        (await Should.ThrowAsync<DatabaseSetupException>(() => set.SetUpAsync(WithoutAdmin(set), s_changed))).Message.ShouldContain("was changed");
    }

    [Fact]
    public async Task A_database_from_a_newer_version_stops_the_start()
    {
        await using var set = await NewSetAsync(s_longer);

        (await Should.ThrowAsync<DatabaseSetupException>(() => set.SetUpAsync(s_first))).Message.ShouldContain("probe/0002_more");
    }

    [Fact]
    public async Task Without_the_administrator_a_pending_migration_stops_the_start_and_a_complete_database_passes()
    {
        await using var set = await NewSetAsync(s_first);

        await set.SetUpAsync(WithoutAdmin(set), s_first);
        var refusal = await Should.ThrowAsync<DatabaseSetupException>(() => set.SetUpAsync(WithoutAdmin(set), s_longer));

        refusal.Message.ShouldContain("probe/0002_more");
        refusal.Message.ShouldContain("Database:AdminConnection");
    }

    [Fact]
    public async Task Without_administrator_and_passwords_the_start_says_what_to_do()
    {
        await using var set = (await PostgresCluster.SharedAsync()).NewInstallation();

        (await Should.ThrowAsync<DatabaseSetupException>(() => set.SetUpAsync(WithoutAdmin(set)))).Message.ShouldContain("Start the host once with Database:AdminConnection");
    }

    [Fact]
    public async Task A_failing_script_leaves_nothing_of_itself_and_keeps_the_earlier_ones()
    {
        await using var set = (await PostgresCluster.SharedAsync()).NewInstallation();

        (await Should.ThrowAsync<DatabaseSetupException>(() => set.SetUpAsync(s_broken))).Message.ShouldContain("probe/0002_broken failed and was rolled back");

        (await ScalarAsync<string>(set, DatabaseKind.Audit, "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'probe'")).ShouldBe("note");
        (await ScalarAsync<string>(set, DatabaseKind.Audit, "SELECT string_agg(name, ',') FROM public.schema_migration")).ShouldBe("0001_probe");
    }

    [Fact]
    public async Task A_start_killed_between_password_file_and_roles_is_repaired_by_the_next()
    {
        await using var set = (await PostgresCluster.SharedAsync()).NewInstallation();
        Foundation.SecretFile.Write(PasswordFile(set), """{"rag_app":"only-this-one-was-written"}"""u8);

        await set.SetUpAsync();

        (await File.ReadAllTextAsync(PasswordFile(set))).ShouldContain("only-this-one-was-written");
        await using var connection = await set.Databases.Keys.OpenConnectionAsync();
    }

    [Fact]
    public async Task Roles_of_another_installation_are_not_taken_over()
    {
        await using var set = await NewSetAsync();
        File.Delete(PasswordFile(set));

        var refusal = await Should.ThrowAsync<DatabaseSetupException>(() => set.SetUpAsync());

        refusal.Message.ShouldContain("Database:RolePrefix");
        File.Exists(PasswordFile(set)).ShouldBeFalse();
    }

    [Fact]
    public async Task The_password_file_is_for_its_owner_only_and_an_open_one_is_refused()
    {
        await using var set = await NewSetAsync();
        File.GetUnixFileMode(PasswordFile(set)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        File.SetUnixFileMode(PasswordFile(set), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        (await Should.ThrowAsync<Foundation.SecretFileException>(() => set.SetUpAsync())).Message.ShouldContain("chmod 600");
    }

    [Fact]
    public async Task A_source_without_scripts_is_a_mistake()
    {
        await using var set = (await PostgresCluster.SharedAsync()).NewInstallation();

        await Should.ThrowAsync<InvalidOperationException>(() => set.SetUpAsync(new MigrationSource(DatabaseKind.Rag, "typo", s_here, "Scripts/nowhere/")));
    }

    private static async Task<TestDatabases> NewSetAsync(params MigrationSource[] sources) => await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync(sources);

    private static DatabaseOptions WithoutAdmin(TestDatabases set) => new()
    {
        Host = set.Options.Host,
        Port = set.Options.Port,
        Rag = set.Options.Rag,
        RagAudit = set.Options.RagAudit,
        RagKeys = set.Options.RagKeys,
        RolePrefix = set.Options.RolePrefix,
    };

    private static string PasswordFile(TestDatabases set) => Path.Combine(set.DataDirectory, "secrets", "database-passwords.json");

    private static async Task<T> ScalarAsync<T>(TestDatabases set, DatabaseKind database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(set.AdminConnection(database));
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync()).ShouldNotBeNull();
    }
}
