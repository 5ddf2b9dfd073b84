using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Storage.Postgres;
using Npgsql;

namespace EnterpriseRag.Cli.Tests;

/// <summary>Commands against a real host, and beside it.</summary>
public sealed class HostCommandsTests(HostFixture fixture) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Documents_are_handed_in_once_and_found()
    {
        var sample = PortalHost.Sample("mutual-nda.docx");

        var first = await RagAsync("ingest", sample, "--matter", PortalHost.Matter, "--json");
        var again = await RagAsync("ingest", sample, "--matter", PortalHost.Matter, "--json");
        var found = await RagAsync("search", "confidential information", "--top", "3", "--matter", PortalHost.Matter, "--json");

        first.ExitCode.ShouldBe(0, first.Errors);
        first.Json.GetProperty("ready").GetInt32().ShouldBe(1);
        again.Json.GetProperty("unchanged").GetInt32().ShouldBe(1);
        again.Json.GetProperty("files")[0].GetProperty("version").GetGuid().ShouldBe(first.Json.GetProperty("files")[0].GetProperty("version").GetGuid());
        found.ExitCode.ShouldBe(0, found.Errors);
        found.Json.GetProperty("passages").EnumerateArray().ShouldAllBe(passage => passage.GetProperty("matter").GetGuid() == first.Json.GetProperty("matter").GetGuid());
        found.Json.GetProperty("passages").GetArrayLength().ShouldBeInRange(1, 3);
        found.Json.GetProperty("receipt").GetProperty("seq").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_answer_has_quotations_with_pages_and_a_receipt_and_none_is_invented()
    {
        await RagAsync("ingest", PortalHost.Sample("mutual-nda.docx"), "--matter", PortalHost.Matter);

        var answered = await RagAsync("ask", "For how long do the confidentiality obligations survive the end of the agreement?", "--matter", PortalHost.Matter, "--json");
        var declined = await RagAsync("ask", "Which football club won the league in 1974?", "--json");

        answered.ExitCode.ShouldBe(0, answered.Errors);
        answered.Json.GetProperty("outcome").GetString().ShouldNotBe("declined");
        answered.Json.GetProperty("quotations").EnumerateArray().ShouldAllBe(quotation => quotation.GetProperty("page").GetInt32() >= 1 && quotation.GetProperty("length").GetInt32() > 0);
        answered.Json.GetProperty("quotations").GetArrayLength().ShouldBeInRange(1, 3);
        answered.Json.GetProperty("receipt").GetProperty("leafHash").GetString().ShouldNotBeNullOrEmpty();
        answered.Errors.ShouldContain("generated: ");
        declined.ExitCode.ShouldBe(0, declined.Errors);
        declined.Json.GetProperty("outcome").GetString().ShouldBe("declined");
        declined.Json.GetProperty("quotations").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_fails_with_its_reason_and_the_others_go_on()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "good.txt"), "The tenant gives notice of three months to the end of a quarter.");
        await File.WriteAllTextAsync(Path.Combine(_folder, "broken.pdf"), "%PDF-1.7\nthis is no PDF");

        var run = await RagAsync("ingest", _folder, "--matter", PortalHost.Matter, "--json");

        run.ExitCode.ShouldBe((int)ExitCode.Incomplete);
        var states = run.Json.GetProperty("files").EnumerateArray().ToDictionary(file => Path.GetFileName(file.GetProperty("path").GetString() ?? ""), file => file.GetProperty("state").GetString());
        states["good.txt"].ShouldBe("ready");
        states["broken.pdf"].ShouldBe("failed");
        run.Errors.ShouldContain("broken.pdf: ");
    }

    [Fact]
    public async Task A_matter_of_others_is_as_absent_as_one_that_never_was()
    {
        var walled = await RagAsync("search", "anything", "--matter", PortalHost.WalledMatter);
        var absent = await RagAsync("search", "anything", "--matter", "never was");

        walled.ExitCode.ShouldBe((int)ExitCode.NotFound);
        absent.ExitCode.ShouldBe((int)ExitCode.NotFound);
        walled.Errors.Replace(PortalHost.WalledMatter, "…", StringComparison.Ordinal).ShouldBe(absent.Errors.Replace("never was", "…", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_created_token_works_and_its_creation_is_recorded()
    {
        var file = Path.Combine(_folder, "lena.token");
        var before = await RecordsAsync("token.create");

        var created = await RagAsync("token", "create", "--user", "Lena", "--days", "3", "--out", file, "--json");
        var used = await RagAsync("search", "notice", "--token-file", file);

        created.ExitCode.ShouldBe(0, created.Errors);
        created.Json.TryGetProperty("token", out _).ShouldBeFalse();
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        used.ExitCode.ShouldBe(0, used.Errors);
        (await RecordsAsync("token.create")).ShouldBe(before + 1);
    }

    [Fact]
    public async Task Without_a_file_the_token_alone_is_on_the_standard_output()
    {
        var created = await RagAsync("token", "create", "--user", "lena");

        created.ExitCode.ShouldBe(0, created.Errors);
        created.Standard.Trim().ShouldMatch("^rag_[A-Za-z0-9_-]{43}$");
        created.Errors.ShouldNotContain(created.Standard.Trim());
    }

    [Theory]
    [InlineData("nobody", "5", ExitCode.NotFound)]
    [InlineData("lena", "0", ExitCode.Usage)]
    [InlineData("lena", "367", ExitCode.Usage)]
    public async Task A_token_that_cannot_be_made_is_refused(string user, string days, object code)
    {
        var run = await RagAsync("token", "create", "--user", user, "--days", days);

        run.ExitCode.ShouldBe((int)(ExitCode)code);
        run.Standard.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_token_is_not_permitted()
    {
        var file = Path.Combine(_folder, "unknown.token");
        await File.WriteAllTextAsync(file, $"rag_{new string('x', 43)}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var run = await RagAsync("search", "notice", "--token-file", file);

        run.ExitCode.ShouldBe((int)ExitCode.NotPermitted);
        run.Errors.ShouldContain("rag token create");
    }

    [Fact]
    public async Task The_ledger_verifies_beside_the_running_host()
    {
        var run = await RagAsync("audit", "verify", "--deep", "--json");

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Json.GetProperty("code").GetString().ShouldBe("ok");
        run.Json.GetProperty("leaves").GetInt64().ShouldBeGreaterThan(0);
        run.Errors.ShouldContain("verified:");
    }

    private Task<RagRun> RagAsync(params string[] arguments) => Rag.RunAsync(fixture.Settings, arguments);

    private async Task<long> RecordsAsync(string action)
    {
        await using var connection = new NpgsqlConnection(fixture.Host.Databases.AdminConnection(DatabaseKind.Audit));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM audit.leaf WHERE convert_from(core, 'UTF8') LIKE '%' || $1 || '%'", connection) { Parameters = { new() { Value = action } } };
        return (long)(await command.ExecuteScalarAsync() ?? 0L);
    }
}
