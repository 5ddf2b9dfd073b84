using System.Text.Json;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Npgsql;

namespace EnterpriseRag.Cli.Tests;

/// <summary>Decisions about models beside a running host: recorded first, in effect at once.</summary>
public sealed class ModelDecisionTests(HostFixture fixture)
{
    [Fact]
    public async Task A_decision_is_a_record_of_the_ledger_with_the_hash_of_the_folder()
    {
        var run = await Rag.RunAsync(fixture.Settings, "models", "approve", "langid", "--reason", "tested here", "--by", "clara", "--json");

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Json.GetProperty("recorded").GetBoolean().ShouldBeTrue();
        run.Json.GetProperty("mayLoad").GetBoolean().ShouldBeTrue();
        using var core = JsonDocument.Parse(await CoreAsync(run.Json.GetProperty("record").GetInt64()));
        core.RootElement.GetProperty("type").GetString().ShouldBe("config");
        core.RootElement.GetProperty("what").GetString().ShouldBe("model.approve");
        core.RootElement.GetProperty("config_sha256").GetString().ShouldBe(run.Json.GetProperty("sha256").GetString());
        core.RootElement.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("admin");
    }

    [Fact]
    public async Task An_evaluation_measures_each_language_and_decides_in_which_the_model_may_write()
    {
        var model = await ImportedModel.FolderAsync();

        var run = await Rag.RunAsync(fixture.Settings, "models", "evaluate", model, "--json");
        var card = await Rag.RunAsync(fixture.Settings, "models", "card", model, "--json");

        run.ExitCode.ShouldBe(0, run.Errors);
        var evaluation = run.Json.GetProperty("evaluation");
        evaluation.GetProperty("measured").EnumerateArray().Select(l => l.GetString()).ShouldBe(["de", "en"]);
        evaluation.GetProperty("results").EnumerateArray().ShouldAllBe(r => r.GetProperty("value").GetDouble() >= 0 && r.GetProperty("value").GetDouble() <= 1 && r.GetProperty("n").GetInt32() > 0);
        evaluation.GetProperty("mayWrite").EnumerateArray().Select(l => l.GetString()).ShouldNotContain("de", "the model in the box knows no German");
        card.Json.GetProperty("languages").ToString().ShouldBe(run.Json.GetProperty("languages").ToString());
        card.Json.GetProperty("evaluation").GetArrayLength().ShouldBe(evaluation.GetProperty("results").GetArrayLength());
        (await CountAsync("evaluate", card.Json.GetProperty("sha256").GetString() ?? "")).ShouldBe(24);
    }

    private async Task<string> CoreAsync(long seq)
    {
        await using var source = NpgsqlDataSource.Create(fixture.Host.Databases.AdminConnection(DatabaseKind.Audit));
        await using var command = source.CreateCommand("SELECT convert_from(core, 'UTF8') FROM audit.leaf WHERE seq = $1");
        command.Parameters.Add(new() { Value = seq });
        return (string?)await command.ExecuteScalarAsync() ?? "";
    }

    /// <summary>Requests of a kind that name these bytes.</summary>
    private async Task<long> CountAsync(string kind, string sha256)
    {
        await using var source = NpgsqlDataSource.Create(fixture.Host.Databases.AdminConnection(DatabaseKind.Audit));
        await using var command = source.CreateCommand("SELECT count(*) FROM audit.leaf WHERE convert_from(core, 'UTF8')::json ->> 'kind' = $1 AND convert_from(core, 'UTF8')::json ->> 'model_sha256' = $2");
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = sha256 });
        return (long?)await command.ExecuteScalarAsync() ?? 0;
    }
}
