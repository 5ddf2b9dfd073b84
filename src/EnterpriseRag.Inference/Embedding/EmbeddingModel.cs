using System.Runtime.InteropServices;
using System.Threading.Channels;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>
/// The loaded embedding model: one session, one worker thread per core. Two runs with one thread each beat one run on two threads (a text-recognition model:
/// 7.3 against 8.3 ms a run), and a text's vector then depends on nothing but the text. Thread-safe.
/// </summary>
internal sealed class EmbeddingModel : IDisposable
{
    /// <summary>
    /// CPUs without VNNI saturate 8-bit products (cosine .9968) unless the weights are turned to unsigned. On a CPU with VNNI the option changes no bit of any
    /// vector and costs a third of the speed (7,100 against 10,800 tokens/s, 2 cores of Zen 5), so it is set only where it is needed; a test holds both to it.
    /// </summary>
    private static readonly Dictionary<string, string> s_withoutVnni = new(StringComparer.Ordinal) { ["session.x64quantprecision"] = "1" };

    private readonly Tokenizer _tokenizer;
    private readonly OrtSession _session;
    private readonly EmbeddingWorker[] _workers; // worker i belongs to thread i
    private readonly List<int>[] _ids; // list i belongs to thread i
    private readonly WorkerThreads<Job> _threads;

    public EmbeddingModel(EmbeddingFolder folder, InferenceRuntime runtime)
    {
        Folder = folder;
        _tokenizer = Tokenizer.Load(folder.Folder.File("tokenizer.json"));
        SessionSettings settings = runtime.Settings(threadsPerRun: 1) with { Entries = CpuFeatures.HasVnni ? [] : s_withoutVnni };
        _session = runtime.Load(folder.Folder.File("model.onnx"), settings);
        int dimensions = checked((int)HiddenSize(_session, folder.Folder));
        Info = new EmbeddingModelInfo(folder.Folder.Name, folder.Folder.Sha256, dimensions, folder.MaxTokens);
        _workers = [.. Enumerable.Range(0, runtime.Threads).Select(_ => new EmbeddingWorker(_session, folder.MaxTokens, dimensions, folder.Pooling))];
        _ids = [.. _workers.Select(_ => new List<int>(folder.MaxTokens))];
        // As many may wait as run: a query that arrives while documents are embedded waits for two texts at most.
        _threads = new WorkerThreads<Job>("embedding", _workers.Length, _workers.Length, Run);
    }

    public EmbeddingFolder Folder { get; }

    public EmbeddingModelInfo Info { get; }

    /// <summary>Embeds one text; returns when it is queued, the task when it is done.</summary>
    /// <param name="text">With its prefix.</param>
    /// <param name="cancellationToken">Ends the wait for a place; a text whose turn comes later is not computed any more.</param>
    public async ValueTask<Task<EmbeddedText>> EnqueueAsync(string text, CancellationToken cancellationToken)
    {
        var job = new Job(text, cancellationToken);
        try
        {
            await _threads.EnqueueAsync(job, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("The embedding model is shut down.", e);
        }

        return job.Done.Task;
    }

    public void Dispose()
    {
        _threads.Dispose();
        Array.ForEach(_workers, w => w.Dispose());
        _session.Dispose();
    }

    private void Run(int worker, Job job)
    {
        if (job.CancellationToken.IsCancellationRequested)
        {
            job.Done.TrySetCanceled(job.CancellationToken);
            return;
        }

        try
        {
            List<int> ids = _ids[worker];
            ids.Clear();
            _tokenizer.Encode(job.Text, new EncodeOptions(AddSpecialTokens: true), ids);
            var vector = new float[Info.Dimensions];
            int tokens = _workers[worker].Embed(CollectionsMarshal.AsSpan(ids), vector);
            job.Done.TrySetResult(new EmbeddedText(vector, tokens));
        }
#pragma warning disable CA1031 // goes to the waiting caller; the thread lives on
        catch (Exception e)
        {
            job.Done.TrySetException(e);
        }
#pragma warning restore CA1031
    }

    private static long HiddenSize(OrtSession session, ModelFolder folder) =>
        session.Outputs.FirstOrDefault(o => string.Equals(o.Name, "last_hidden_state", StringComparison.Ordinal)) is { Type: ElementType.Float, Rank: 3 } output && output.Dimensions[2] > 0
            ? output.Dimensions[2]
            : throw new ModelFolderException($"{folder.File("model.onnx")} has no float output last_hidden_state of known width.");

    private sealed record Job(string Text, CancellationToken CancellationToken)
    {
        public TaskCompletionSource<EmbeddedText> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <param name="Vector">Unit length.</param>
/// <param name="Tokens">Tokens that the model read.</param>
internal readonly record struct EmbeddedText(float[] Vector, int Tokens);
