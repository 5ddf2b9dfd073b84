using System.Diagnostics;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Extract.Sandbox;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Extract;

public sealed class ExtractorChildTests : IDisposable
{
    private readonly Extractors _extractors = new(o => (o.TimeoutSeconds, o.CpuSeconds, o.AddressSpaceMegabytes, o.MaxOutputMegabytes) = (2, 1, 256, 1));

    public void Dispose() => _extractors.Dispose();

    [Fact]
    public async Task The_child_has_no_network_and_no_environment()
    {
        (await _extractors.Probe.StatusAsync()).Missing.ShouldBeEmpty();
        Environment.SetEnvironmentVariable("RAG_TEST_SECRET", "visible");

        var result = await PythonAsync("import os, socket\nprint(sorted(os.environ), [n for _, n in socket.if_nameindex()])");

        result.Output.ShouldNotBeNull().Trim().ShouldBe("['HOME', 'LC_ALL'] ['lo']");
    }

    [Fact]
    public async Task A_sleeping_child_and_its_children_are_killed_at_the_deadline()
    {
        var watch = Stopwatch.StartNew();
        var marker = Path.Combine(_extractors.WorkDirectory, "alive");

        var refused = await Should.ThrowAsync<ExtractionRefusedException>(() => PythonAsync(
            $"import os, time\nif os.fork() == 0:\n    time.sleep(4)\n    open('{marker}', 'w')\ntime.sleep(60)"));

        refused.Failure.Code.ShouldBe(FailureCodes.Timeout);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        await Task.Delay(TimeSpan.FromSeconds(3));
        File.Exists(marker).ShouldBeFalse();
    }

    [Fact]
    public async Task A_busy_child_is_stopped_by_its_cpu_limit()
    {
        using var patient = new Extractors(o => (o.TimeoutSeconds, o.CpuSeconds) = (60, 1));

        (await Should.ThrowAsync<ExtractionRefusedException>(() => PythonAsync("while True: pass", patient))).Failure.Code.ShouldBe(FailureCodes.Timeout);
    }

    [Fact]
    public async Task Memory_and_output_are_limited()
    {
        (await PythonAsync("x = bytearray(600 << 20)")).ExitCode.ShouldNotBe(0);
        (await Should.ThrowAsync<ExtractionRefusedException>(() => PythonAsync("print('x' * (3 << 20))"))).Failure.Code.ShouldBe(FailureCodes.TooLarge);
    }

    [Fact]
    public async Task A_missing_program_is_named_with_its_package()
    {
        var refused = await Should.ThrowAsync<ExtractionRefusedException>(() =>
            _extractors.Child.RunAsync("no-such-program", "no-such-package", [], _extractors.WorkDirectory, s => "", TestContext.Current.CancellationToken));

        refused.Failure.Code.ShouldBe(FailureCodes.ExtractorMissing);
        refused.Failure.Detail.ShouldContain("apt-get install no-such-package");
    }

    private Task<ChildResult<string>> PythonAsync(string code, Extractors? extractors = null) =>
        (extractors ?? _extractors).Child.RunAsync("python3", "python3", ["-I", "-S", "-c", code], _extractors.WorkDirectory, s => new StreamReader(s).ReadToEnd(), TestContext.Current.CancellationToken);
}
