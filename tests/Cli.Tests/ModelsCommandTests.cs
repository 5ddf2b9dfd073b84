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
