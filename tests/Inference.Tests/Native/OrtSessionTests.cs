using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Native;

public sealed class OrtSessionTests
{
    [Fact]
    public void Inputs_and_outputs_are_described_as_the_graph_declares_them()
    {
        using var graph = new EmbeddingGraph();

        graph.Session.Inputs.Select(i => (i.Name, i.Type, i.Rank)).ShouldBe([("input_ids", ElementType.Int64, 2), ("attention_mask", ElementType.Int64, 2)], ignoreOrder: true);
        TensorInfo output = graph.Session.Outputs.ShouldHaveSingleItem();
        (output.Name, output.Type, output.Rank).ShouldBe(("last_hidden_state", ElementType.Float, 3));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        OrtEnvironment.Start(null, NullLogger.Instance);

        var e = Should.Throw<OrtException>(() => OrtSession.Load("/nowhere/model.onnx", new SessionSettings { Threads = 1 }, NullLogger.Instance));

        e.Code.ShouldBe(OrtErrorCode.NoSuchFile);
        e.Message.ShouldContain("/nowhere/model.onnx");
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused()
    {
        OrtEnvironment.Start(null, NullLogger.Instance);
        string path = Path.Combine(Path.GetTempPath(), $"garbage-{Environment.ProcessId}.onnx");
        File.WriteAllText(path, "this is not a protobuf");
        try
        {
            Should.Throw<OrtException>(() => OrtSession.Load(path, new SessionSettings { Threads = 1 }, NullLogger.Instance)).Code.ShouldBe(OrtErrorCode.InvalidProtobuf);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Cuda_without_its_provider_library_fails_with_the_librarys_own_message()
    {
        OrtEnvironment.Start(null, NullLogger.Instance);

        Should.Throw<OrtException>(() => OrtSession.Load(EmbeddingGraph.ModelPath, new SessionSettings { Threads = 1, Provider = ExecutionProvider.Cuda }, NullLogger.Instance))
            .Message.ShouldContain("libonnxruntime_providers_shared.so");
    }

    [Fact]
    public void Auto_falls_back_to_the_cpu_with_one_warning()
    {
        var log = new WarningCounter();
        OrtEnvironment.Start(null, NullLogger.Instance);
        var settings = new SessionSettings { Threads = 1, Provider = ExecutionProvider.Auto };

        using OrtSession first = OrtSession.Load(EmbeddingGraph.ModelPath, settings, log);
        using OrtSession second = OrtSession.Load(EmbeddingGraph.ModelPath, settings, log);

        first.Inputs.Count.ShouldBe(2);
        second.Inputs.Count.ShouldBe(2);
        log.Warnings(3001).ShouldHaveSingleItem().ShouldContain("libonnxruntime_providers_shared.so");
    }

    private sealed class WarningCounter : ILogger
    {
        private readonly Lock _gate = new();
        private readonly List<(int Id, string Text)> _warnings = []; // guarded by _gate: the library logs from its own threads

        public List<string> Warnings(int id)
        {
            lock (_gate)
            {
                return [.. _warnings.Where(w => w.Id == id).Select(w => w.Text)];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_gate)
            {
                _warnings.Add((eventId.Id, formatter(state, exception)));
            }
        }
    }
}
