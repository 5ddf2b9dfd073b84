namespace EnterpriseRag.Cli.Tests;

public sealed class DoctorCommandTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("rag-cli-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_machine_that_runs_the_tests_passes()
    {
        var run = await Rag.RunAsync(Rag.Installation(_data), "doctor", "--json");

        run.ExitCode.ShouldBe(0, run.Errors);
        var checks = run.Json.EnumerateArray().ToLookup(check => check.GetProperty("name").GetString(), check => check.GetProperty("state").GetString());
        foreach (var needed in new[] { "disk", ".NET", "ICU", "native library", "extraction", "data folder", "portal", "database", "model" })
        {
            checks[needed].ShouldAllBe(state => state == "ok", needed);
            checks[needed].ShouldNotBeEmpty(needed);
        }

        checks["sandbox"].ShouldNotBeEmpty();
        checks["language model"].ShouldBe(["warning"]); // none imported here
        run.Errors.ShouldContain("rag models import");
    }

    [Fact]
    public async Task A_missing_native_library_is_an_error_with_its_remedy()
    {
        var settings = Rag.Installation(_data);
        settings["Inference:Runtime:LibraryPath"] = "/nowhere/libonnxruntime.so.1";

        var run = await Rag.RunAsync(settings, "doctor");

        run.ExitCode.ShouldBe((int)ExitCode.Incomplete);
        run.Errors.ShouldContain("/nowhere/libonnxruntime.so.1");
        run.Errors.ShouldContain("Inference__Runtime__LibraryPath");
        run.Standard.ShouldBeEmpty();
    }

    [Fact]
    public async Task Models_on_another_server_are_named_and_without_them_nothing_is_said()
    {
        var settings = Rag.Installation(_data);
        (await Rag.RunAsync(settings, "doctor")).Errors.ShouldNotContain("remote models");
        settings["Inference:Remote:Endpoint"] = "https://models.example.com/v1";
        settings["Inference:Remote:AllowedHost"] = "models.example.com";

        var run = await Rag.RunAsync(settings, "doctor");

        run.ExitCode.ShouldBe(0);
        run.Errors.ShouldContain("leave this machine for models.example.com");
    }

    [Fact]
    public async Task A_data_folder_that_others_can_enter_is_a_warning()
    {
        File.SetUnixFileMode(_data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        var run = await Rag.RunAsync(Rag.Installation(_data), "doctor");

        run.ExitCode.ShouldBe(0);
        run.Errors.ShouldContain("chmod 700");
    }
}
