namespace EnterpriseRag.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("rag-cli-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData]
    [InlineData("nonsense")]
    [InlineData("ask")]
    [InlineData("ingest", "somewhere")]
    [InlineData("ask", "a question", "--mode", "guess")]
    [InlineData("models", "import", "file.gguf", "--bits", "5")]
    public async Task A_wrong_command_line_is_a_usage_error(params string[] arguments)
    {
        var run = await Rag.RunAsync(Rag.Installation(_data), arguments);

        run.ExitCode.ShouldBe((int)ExitCode.Usage);
        run.Standard.ShouldBeEmpty();
        run.Errors.ShouldContain("rag --help");
    }

    [Fact]
    public async Task Help_names_every_command()
    {
        var run = await Rag.RunAsync(Rag.Installation(_data), "--help");

        run.ExitCode.ShouldBe(0);
        foreach (var command in new[] { "doctor", "ingest", "ask", "search", "audit", "models", "token" })
        {
            run.Standard.ShouldContain(command);
        }
    }

    [Fact]
    public async Task Without_a_server_the_message_says_how_to_name_one()
    {
        var run = await Rag.RunAsync(Rag.Installation(_data), "ask", "a question");

        run.ExitCode.ShouldBe((int)ExitCode.Usage);
        run.Errors.ShouldContain("RAG_SERVER");
    }

    [Fact]
    public async Task A_token_is_not_sent_in_the_open_to_another_machine()
    {
        await File.WriteAllTextAsync(TokenFile(UnixFileMode.UserRead | UnixFileMode.UserWrite), $"rag_{new string('a', 43)}\n");

        var run = await Rag.RunAsync(Rag.Installation(_data), "ask", "a question", "--server", "http://192.0.2.1:5080");

        run.ExitCode.ShouldBe((int)ExitCode.Usage);
        run.Errors.ShouldContain("https");
    }

    [Fact]
    public async Task A_token_file_that_others_can_read_is_refused()
    {
        await File.WriteAllTextAsync(TokenFile(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead), $"rag_{new string('a', 43)}\n");

        var run = await Rag.RunAsync(Rag.Installation(_data), "ask", "a question", "--server", "http://127.0.0.1:9");

        run.ExitCode.ShouldNotBe(0);
        run.Errors.ShouldContain("chmod 600");
    }

    [Fact]
    public async Task Without_a_database_the_ledger_is_not_called_verified()
    {
        var run = await Rag.RunAsync(Rag.Installation(_data), "audit", "verify", "--json");

        run.ExitCode.ShouldBe((int)ExitCode.Unavailable);
        run.Standard.ShouldBeEmpty();
    }

    private string TokenFile(UnixFileMode mode)
    {
        var path = Path.Combine(_data, "demo.token");
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, mode);
        return path;
    }
}
