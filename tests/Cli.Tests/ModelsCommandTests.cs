using System.Security.Cryptography;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Cli.Tests;

public sealed class ModelsCommandTests : IDisposable
{
    private const string InTheBox = "smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
    private readonly string _data = Directory.CreateTempSubdirectory("rag-cli-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task An_import_is_made_once_listed_as_in_use_and_verified()
    {
        var settings = Rag.Installation(_data);

        var first = await Rag.RunAsync(settings, "models", "import", RepositoryFiles.Model(InTheBox), "--json");
        var second = await Rag.RunAsync(settings, "models", "import", RepositoryFiles.Model(InTheBox), "--json");
        var list = await Rag.RunAsync(settings, "models", "list", "--json");
        var verified = await Rag.RunAsync(settings, "models", "verify");

        first.ExitCode.ShouldBe(0, first.Errors);
        first.Json.GetProperty("reused").GetBoolean().ShouldBeFalse();
        first.Json.GetProperty("folder").GetString().ShouldBe(Path.Combine(_data, "models", "smollm2-135m-instruct.q4_1"));
        second.Json.GetProperty("reused").GetBoolean().ShouldBeTrue();
        second.Json.GetProperty("sha256").GetString().ShouldBe(first.Json.GetProperty("sha256").GetString());
        list.Errors.ShouldContain("smollm2-135m-instruct.q4_1 (in use)");
        list.Json.EnumerateArray().Select(model => model.GetProperty("card").GetProperty("task").GetString()).ShouldBe(["language-identification", "embedding", "source", "generation"]);
        verified.ExitCode.ShouldBe(0, verified.Errors);
    }

    [Theory]
    [InlineData("tokens-qwen-style.json", "qwen-style.json", 0)]
    [InlineData("tokens-qwen-style.json", "llama3-style.json", 40)]
    public async Task A_tokenizer_is_compared_with_golden_ids(string golden, string tokenizer, int different)
    {
        var run = await Rag.RunAsync(
            Rag.Installation(_data), "models", "tokenize", RepositoryFiles.Fixture(Path.Combine("tokenizers", tokenizer)), "--golden", RepositoryFiles.Fixture(golden), "--json");

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Json.GetProperty("strings").GetInt32().ShouldBe(60);
        run.Json.GetProperty("different").GetInt32().ShouldBe(different);
    }

    [Fact]
    public async Task A_folder_without_checksums_and_a_bare_list_do_for_comparing_tokens()
    {
        File.Copy(RepositoryFiles.Fixture("smollm2-tokenizer.json"), Path.Combine(_data, "tokenizer.json"));
        var golden = Path.Combine(_data, "golden.json");
        await File.WriteAllTextAsync(golden, """[{"text":"Hello, world!","ids":[19556,28,905,17]},{"text":"","ids":[]},{"text":"a","ids":[]}]""", TestContext.Current.CancellationToken);

        var run = await Rag.RunAsync(Rag.Installation(_data), "models", "tokenize", _data, "--golden", golden);
        var broken = await Rag.RunAsync(Rag.Installation(_data), "models", "tokenize", _data, "--golden", Path.Combine(_data, "tokenizer.json"));
        var absent = await Rag.RunAsync(Rag.Installation(_data), "models", "tokenize", Path.GetTempPath(), "--golden", golden);

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Errors.ShouldContain("3 strings: 1 differ");
        broken.ExitCode.ShouldBe((int)ExitCode.Refused);
        broken.Errors.ShouldContain("'cases'");
        absent.ExitCode.ShouldBe((int)ExitCode.Refused);
        absent.Errors.ShouldContain("tokenizer.json");
    }

    [Fact]
    public async Task A_published_folder_is_imported_and_compared_with_golden_outputs_before_anybody_approved_it()
    {
        var settings = Rag.Installation(_data);
        var published = RepositoryFiles.Fixture("models/tiny/llama3");

        var import = await Rag.RunAsync(settings, "models", "import", published, "--bits", "32");
        var check = await Rag.RunAsync(settings, "models", "check", "llama3", "--golden", Path.Combine(published, "golden.json"), "--json");
        File.Delete(Path.Combine(_data, "models", "llama3", "SHA256SUMS"));
        var unlisted = await Rag.RunAsync(settings, "models", "check", Path.Combine(_data, "models", "llama3"), "--golden", Path.Combine(published, "golden.json"), "--json");
        var other = await Rag.RunAsync(settings, "models", "check", Path.Combine(_data, "models", "llama3"), "--golden", Path.Combine(published, "config.json"));

        import.ExitCode.ShouldBe(0, import.Errors);
        import.Errors.TrimEnd().Split('\n')[^1].ShouldStartWith($"imported: {Path.Combine(_data, "models", "llama3")} (");
        check.ExitCode.ShouldBe(0, check.Errors);
        check.Json.GetProperty("cases").GetInt32().ShouldBe(2);
        check.Json.GetProperty("maxLogitDifference").GetDouble().ShouldBeLessThan(1e-3);
        check.Json.GetProperty("equalTokens").GetInt32().ShouldBe(48);
        check.Json.GetProperty("tokens").GetInt32().ShouldBe(48);
        check.Errors.ShouldNotContain("not verified");
        unlisted.Errors.ShouldContain("has no SHA256SUMS");
        unlisted.Json.GetProperty("equalTokens").GetInt32().ShouldBe(48);
        other.ExitCode.ShouldBe((int)ExitCode.Refused);
        other.Errors.ShouldContain("not a file of golden outputs");
    }

    [Fact]
    public async Task A_card_names_origin_hashes_and_decision()
    {
        var settings = Rag.Installation(_data);
        await Rag.RunAsync(settings, "models", "import", RepositoryFiles.Model(InTheBox));

        var run = await Rag.RunAsync(settings, "models", "card", "smollm2-135m-instruct.q4_1", "--json");

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Json.GetProperty("licence").GetString().ShouldBe("apache-2.0");
        run.Json.GetProperty("source").GetProperty("sha256").GetString().ShouldBe("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
        run.Json.GetProperty("importer").GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        run.Json.GetProperty("contextTokens").GetInt32().ShouldBe(8192);
        run.Json.GetProperty("files").EnumerateObject().Select(file => file.Name).ShouldContain("model.onnx.data");
        run.Json.GetProperty("approval").GetString().ShouldBe("approved");
        run.Json.GetProperty("mayLoad").GetBoolean().ShouldBeTrue();
        run.Json.GetProperty("decision").GetProperty("by").GetString().ShouldBe("shipped card");
        (await Rag.RunAsync(settings, "models", "card", "no-such-model")).ExitCode.ShouldBe((int)ExitCode.NotFound);
    }

    [Fact]
    public async Task A_person_approves_and_refuses_the_bytes_of_one_folder()
    {
        var settings = Rag.Installation(_data);
        await Rag.RunAsync(settings, "models", "import", RepositoryFiles.Model(InTheBox), "--out", Path.Combine(_data, "models", "foreign"));
        await MakeForeignAsync(Path.Combine(_data, "models", "foreign"));
        (await Rag.RunAsync(settings, "models", "list")).Errors.ShouldContain("unreviewed: it does not load");
        (await Rag.RunAsync(settings, "models", "approve", "foreign")).ExitCode.ShouldBe((int)ExitCode.Usage);

        var approved = await Rag.RunAsync(settings, "models", "approve", "foreign", "--reason", "read its card", "--by", "Clara", "--json");
        var list = await Rag.RunAsync(settings, "models", "list", "--json");
        var refused = await Rag.RunAsync(settings, "models", "approve", "foreign", "--refuse", "--reason", "a better one is here", "--json");
        var card = await Rag.RunAsync(settings, "models", "card", "foreign", "--json");

        approved.ExitCode.ShouldBe(0, approved.Errors);
        approved.Json.GetProperty("approval").GetString().ShouldBe("approved");
        approved.Json.GetProperty("recorded").GetBoolean().ShouldBeFalse("there is no ledger yet");
        approved.Json.GetProperty("mayLoad").GetBoolean().ShouldBeFalse();
        list.Json.EnumerateArray().Last().GetProperty("decision").GetProperty("reason").GetString().ShouldBe("read its card");
        refused.ExitCode.ShouldBe(0, refused.Errors);
        card.Json.GetProperty("approval").GetString().ShouldBe("refused");
    }

    /// <summary>Another card: the weights still run, but these bytes are not what the importer makes from the file in the box.</summary>
    private static async Task MakeForeignAsync(string folder)
    {
        var card = Path.Combine(folder, "card.json");
        await File.WriteAllTextAsync(card, (await File.ReadAllTextAsync(card)).Replace("\"en\"", "\"en\", \"de\"", StringComparison.Ordinal));
        var sums = Path.Combine(folder, "SHA256SUMS");
        var lines = (await File.ReadAllLinesAsync(sums)).Select(line => line.EndsWith("  card.json", StringComparison.Ordinal) ? $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(card)))}  card.json" : line);
        await File.WriteAllTextAsync(sums, string.Join('\n', lines) + "\n");
    }

    [Fact]
    public async Task A_damaged_folder_does_not_verify_and_is_named()
    {
        var settings = Rag.Installation(_data);
        var folder = Path.Combine(_data, "models", "broken");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "model.onnx"), "altered");
        await File.WriteAllTextAsync(Path.Combine(folder, "SHA256SUMS"), $"{new string('0', 64)}  model.onnx\n");

        var run = await Rag.RunAsync(settings, "models", "verify");

        run.ExitCode.ShouldBe((int)ExitCode.Incomplete);
        run.Errors.ShouldContain("broken:");
        run.Errors.ShouldContain("altered or damaged");
    }

    [Fact]
    public async Task A_truncated_file_is_refused_and_nothing_is_left()
    {
        var cut = Path.Combine(_data, "cut.gguf");
        await using (var source = File.OpenRead(RepositoryFiles.Model(InTheBox)))
        await using (var target = File.Create(cut))
        {
            var half = new byte[source.Length / 2];
            await source.ReadExactlyAsync(half);
            await target.WriteAsync(half);
        }

        var run = await Rag.RunAsync(Rag.Installation(_data), "models", "import", cut);

        run.ExitCode.ShouldBe((int)ExitCode.Refused);
        run.Errors.ShouldContain("cut short");
        Directory.Exists(Path.Combine(_data, "models")).ShouldBeFalse();
    }
}
