using System.Security.Cryptography;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Keys;
using EnterpriseRag.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class KeyBrokerTests(FreshDatabases databases) : IClassFixture<FreshDatabases>
{
    private static readonly byte[] s_subject = [1, 2, 3, 4];

    [Fact]
    public async Task The_same_subject_month_and_class_have_one_key_and_another_month_another()
    {
        var one = await NewBroker().GetOrCreateSubjectKeyAsync(s_subject, "2026-11", "std-3y", CancellationToken.None);
        var again = await NewBroker().GetOrCreateSubjectKeyAsync(s_subject, "2026-11", "std-3y", CancellationToken.None);
        var later = await NewBroker().GetOrCreateSubjectKeyAsync(s_subject, "2026-12", "std-3y", CancellationToken.None);

        again.Id.ShouldBe(one.Id);
        later.Id.ShouldNotBe(one.Id);
        var wrapped = one.WrapContentKey(new byte[32], "log|rid|prompt"u8);
        wrapped.Length.ShouldBe(60);
        again.UnwrapContentKey(wrapped, "log|rid|prompt"u8).ShouldBe(new byte[32]);
        Should.Throw<CryptographicException>(() => later.UnwrapContentKey(wrapped, "log|rid|prompt"u8));
        Should.Throw<CryptographicException>(() => one.UnwrapContentKey(wrapped, "log|rid|response"u8));
    }

    [Fact]
    public async Task Twenty_callers_at_once_get_the_same_new_key()
    {
        byte[] subject = [9, 9];
        var keys = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => NewBroker().GetOrCreateSubjectKeyAsync(subject, "2026-11", "std-3y", CancellationToken.None).AsTask()));

        keys.Select(key => key.Id).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_key_is_found_by_its_id_and_not_after_its_row_is_gone()
    {
        var key = await NewBroker().GetOrCreateSubjectKeyAsync(new byte[] { 7 }, "2026-11", "std-3y", CancellationToken.None);
        var wrapped = key.WrapContentKey(new byte[32], []);
        var found = (await NewBroker().FindAsync(key.Id, CancellationToken.None)).ShouldNotBeNull();
        found.UnwrapContentKey(wrapped, []).ShouldBe(new byte[32]);

        await ExecuteAsync($"DELETE FROM keys.sdk WHERE sdk_id = '{key.Id}'");

        (await NewBroker().FindAsync(key.Id, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_deleted_document_key_is_gone_at_once_for_the_broker_that_cached_it()
    {
        var broker = NewBroker();
        var document = new DocumentId(databases.Ids.Next());
        var key = await broker.GetOrCreateDocumentKeyAsync(document, CancellationToken.None);
        (await broker.FindAsync(key.Id, CancellationToken.None)).ShouldBeSameAs(key);

        await broker.DeleteDocumentKeyAsync(document, CancellationToken.None);

        (await broker.FindDocumentKeyAsync(document, CancellationToken.None)).ShouldBeNull();
        (await broker.FindAsync(key.Id, CancellationToken.None)).ShouldBeNull();
        await broker.DeleteDocumentKeyAsync(document, CancellationToken.None); // nothing there is fine
    }

    [Fact]
    public async Task A_wrapped_key_moved_to_another_subject_does_not_open()
    {
        var broker = NewBroker();
        var a = await broker.GetOrCreateSubjectKeyAsync(new byte[] { 100 }, "2026-11", "std-3y", CancellationToken.None);
        var b = await broker.GetOrCreateSubjectKeyAsync(new byte[] { 101 }, "2026-11", "std-3y", CancellationToken.None);

        await ExecuteAsync($"UPDATE keys.sdk SET wrapped = (SELECT wrapped FROM keys.sdk WHERE sdk_id = '{a.Id}') WHERE sdk_id = '{b.Id}'");

        (await Should.ThrowAsync<KeyUnavailableException>(() => NewBroker().FindAsync(b.Id, CancellationToken.None))).Message.ShouldContain("was changed");
    }

    [Fact]
    public async Task The_class_of_document_keys_is_not_open_to_subjects() =>
        await Should.ThrowAsync<ArgumentException>(async () => await NewBroker().GetOrCreateSubjectKeyAsync(s_subject, "2026-11", "document", CancellationToken.None));

    [Fact]
    public async Task The_ticket_key_is_the_same_after_a_restart_and_is_not_the_key_file()
    {
        var one = await NewBroker().DeriveTicketKeyAsync(CancellationToken.None);
        var two = await NewBroker().DeriveTicketKeyAsync(CancellationToken.None);

        one.ShouldBe(two);
        (await File.ReadAllTextAsync(KekPath(databases.Set))).ShouldNotContain(Convert.ToBase64String(one));
    }

    [Fact]
    public async Task The_key_file_is_made_once_for_its_owner_only()
    {
        await NewBroker().CheckAsync(CancellationToken.None);

        File.GetUnixFileMode(KekPath(databases.Set)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.GetDirectoryName(KekPath(databases.Set)).ShouldNotBeNull()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_missing_foreign_or_open_key_file_stops_the_start_when_keys_exist()
    {
        await using var set = await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync();
        await Broker(set).CheckAsync(CancellationToken.None);
        var original = await File.ReadAllTextAsync(KekPath(set));

        File.Delete(KekPath(set));
        await RefusesAsync(set, "is missing");

        SecretFile.Write(KekPath(set), System.Text.Encoding.ASCII.GetBytes($"1 {Convert.ToBase64String(new byte[32])}\n"));
        await RefusesAsync(set, "is not the key");

        SecretFile.Write(KekPath(set), "1 short\n"u8);
        await RefusesAsync(set, "is damaged");

        SecretFile.Write(KekPath(set), System.Text.Encoding.ASCII.GetBytes(original));
        File.SetUnixFileMode(KekPath(set), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        await RefusesAsync(set, "chmod 600");

        File.SetUnixFileMode(KekPath(set), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Broker(set).CheckAsync(CancellationToken.None);
    }

    private static async Task RefusesAsync(TestDatabases set, string because) =>
        (await Should.ThrowAsync<KeyUnavailableException>(() => Broker(set).CheckAsync(CancellationToken.None))).Message.ShouldContain(because);

    private KeyBroker NewBroker() => Broker(databases.Set);

    /// <summary>As after a restart: nothing cached.</summary>
    private static KeyBroker Broker(TestDatabases set) =>
        new(set.Databases, new KeyRing(set.Databases, set.DataOptions, TimeProvider.System), set.Services.GetRequiredService<IdFactory>(), TimeProvider.System);

    private static string KekPath(TestDatabases set) => Path.Combine(set.DataDirectory, "secrets", "kek");

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = databases.Set.Databases.Keys.CreateCommand(sql);
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }
}
