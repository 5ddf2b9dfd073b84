using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>
/// The loaded embedding model: one session, one worker thread per core, and a thread that makes tokens for them. Two runs with one thread each beat one run on
/// two threads (a text-recognition model: 7.3 against 8.3 ms a run), and a text's vector then depends on nothing but the text. Calls take turns text by text.
/// Thread-safe.
/// </summary>
internal sealed class EmbeddingModel : IDisposable
{
    private const int MaxGraphBytes = 64 << 20;

    // What a longer text needed goes back to the collector.
    private const int MaxKeptChars = 1 << 20;

    /// <summary>
    /// CPUs without VNNI saturate 8-bit products (cosine .9968) unless the weights are turned to unsigned. On a CPU with VNNI the option changes no bit of any
    /// vector and costs a third of the speed (7,100 against 10,800 tokens/s, 2 cores of Zen 5), so it is set only where it is needed; a test holds both to it.
    /// </summary>
    private static readonly Dictionary<string, string> s_withoutVnni = new(StringComparer.Ordinal) { ["session.x64quantprecision"] = "1" };

    private readonly Tokenizer _tokenizer;
    private readonly OrtSession _session;
    private readonly int _hidden;
    private readonly int _closingTokens;
    private readonly EmbeddingWorker[] _workers; // worker i belongs to thread i
    private readonly Thread[] _threads;
    private readonly Lock _gate = new(); // guards the four fields below
    private readonly Queue<EmbeddingCall> _calls = new(); // with texts left to be tokenized
    private readonly Stack<TokenizedText> _free = new();
    private readonly Queue<TokenizedText> _ready = new();
    private bool _closed;
    private readonly SemaphoreSlim _mayTokenize = new(0); // released once for each change that the tokenizing thread may wait for
    private readonly SemaphoreSlim _mayRun = new(0); // one for each item of _ready, and one a worker at the end
    private char[] _chars = []; // the tokenizing thread's

    public EmbeddingModel(EmbeddingFolder folder, InferenceRuntime runtime)
    {
        Folder = folder;
        _tokenizer = Tokenizer.Load(folder.Folder.File("tokenizer.json"));
        _session = Load(folder.Folder, runtime);
        _hidden = checked((int)HiddenSize(_session, folder.Folder));
        Info = new EmbeddingModelInfo(folder.Folder.Name, folder.Folder.Sha256, _hidden * folder.Pooling.Count, folder.MaxTokens);
        _closingTokens = ClosingTokens(_tokenizer);
        _workers = [.. Enumerable.Range(0, runtime.Threads).Select(_ => NewWorker())];
        // As many may wait as run: a query that arrives while documents are embedded waits for two texts at most.
        for (int i = 0; i < 2 * _workers.Length; i++)
        {
            _free.Push(new TokenizedText(folder.MaxTokens));
        }

        _threads =
        [
            new Thread(Tokenize) { Name = "embedding tokens", IsBackground = true },
            .. _workers.Select((worker, i) => new Thread(() => Run(worker)) { Name = $"embedding {i}", IsBackground = true }),
        ];
        Array.ForEach(_threads, thread => thread.Start());
    }

    public EmbeddingFolder Folder { get; }

    public EmbeddingModelInfo Info { get; }

    /// <summary>Ids lie below.</summary>
    public int Vocabulary => _tokenizer.VocabularySize;

    /// <summary>One more way to run the model, for the caller's own thread. The caller disposes it before the model.</summary>
    public EmbeddingWorker NewWorker() => new(_session, Folder.MaxTokens, _hidden, Folder.Pooling, _closingTokens);

    /// <summary>Embeds texts.</summary>
    /// <param name="texts">Read until the task ends.</param>
    /// <param name="prefix">Put before every text.</param>
    /// <param name="cancellationToken">Ends the task at once; texts whose turn comes later are not computed any more.</param>
    /// <exception cref="ObjectDisposedException">The model is shut down.</exception>
    public async Task<EmbeddedTexts> EmbedAsync(IReadOnlyList<string> texts, string prefix, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (texts.Count == 0)
        {
            return new EmbeddedTexts([], 0);
        }

        var call = new EmbeddingCall(texts, prefix);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _calls.Enqueue(call);
        }

        _mayTokenize.Release();
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static (state, token) => ((EmbeddingCall)state!).Cancel(token), call); // given on this line
        return await call.Done;
    }

    /// <summary>Takes no more calls, finishes those it has, and returns when the threads have ended.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        _mayTokenize.Release();
        Array.ForEach(_threads, t => t.Join());
        Array.ForEach(_workers, w => w.Dispose());
        _session.Dispose();
        _mayTokenize.Dispose();
        _mayRun.Dispose();
    }

    private static OrtSession Load(ModelFolder folder, InferenceRuntime runtime)
    {
        SessionSettings settings = runtime.Settings(threadsPerRun: 1) with { Entries = CpuFeatures.HasVnni ? [] : s_withoutVnni };
        string file = folder.File("model.onnx");
        // Our operators run on the CPU only; a file of gigabytes has its weights inside and is left alone.
        return settings.Provider == ExecutionProvider.Cpu && new FileInfo(file).Length <= MaxGraphBytes && EncoderGraph.TryChange(File.ReadAllBytes(file)) is { } graph
            ? runtime.Load(graph, folder.Path, settings with { Operators = EncoderGraph.Operators })
            : runtime.Load(file, settings);
    }

    private static long HiddenSize(OrtSession session, ModelFolder folder) =>
        session.Outputs.FirstOrDefault(o => string.Equals(o.Name, "last_hidden_state", StringComparison.Ordinal)) is { Type: ElementType.Float, Rank: 3 } output && output.Dimensions[2] > 0
            ? output.Dimensions[2]
            : throw new ModelFolderException($"{folder.File("model.onnx")} has no float output last_hidden_state of known width.");

    /// <summary>Special tokens that the template puts behind every text: they survive when a text is cut.</summary>
    private static int ClosingTokens(Tokenizer tokenizer)
    {
        var options = new EncodeOptions(AddSpecialTokens: true);
        int[] template = tokenizer.Encode("", options).Ids;
        int[] withText = tokenizer.Encode("a", options).Ids;
        int closing = 0;
        while (closing < template.Length && withText.Length > template.Length && template[^(closing + 1)] == withText[^(closing + 1)])
        {
            closing++;
        }

        return closing;
    }

    /// <summary>The tokenizing thread: takes a text of each call in turn.</summary>
    private void Tokenize()
    {
        while (true)
        {
            _mayTokenize.Wait();
            while (TryTake(out EmbeddingCall? call, out TokenizedText? target))
            {
                Tokenize(call, target);
            }

            lock (_gate)
            {
                if (_closed && _calls.Count == 0)
                {
                    break;
                }
            }
        }

        _mayRun.Release(_workers.Length);
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EmbeddingCall? call, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TokenizedText? target)
    {
        lock (_gate)
        {
            while (_calls.TryPeek(out call) && (call.HasEnded || !call.HasNext))
            {
                _calls.Dequeue();
            }

            target = null;
            if (call is null || !_free.TryPop(out target))
            {
                return false;
            }

            _calls.Dequeue();
            _calls.Enqueue(call);
            return true;
        }
    }

    private void Tokenize(EmbeddingCall call, TokenizedText target)
    {
        try
        {
            (int place, string text) = call.Next();
            target.Set(call, place);
            _tokenizer.Encode(Prepare(call.Prefix, text), new EncodeOptions(AddSpecialTokens: true), target.Ids);
        }
#pragma warning disable CA1031 // goes to the waiting caller; the thread lives on
        catch (Exception e)
        {
            call.Fail(e);
            Free(target);
            return;
        }
#pragma warning restore CA1031

        lock (_gate)
        {
            _ready.Enqueue(target);
        }

        _mayRun.Release();
    }

    /// <summary>Prefix and text in a buffer that is kept, lower-cased where the model asks for it.</summary>
    private ReadOnlySpan<char> Prepare(string prefix, string text)
    {
        int length = prefix.Length + text.Length;
        char[] chars = _chars.Length >= length ? _chars : new char[Math.Max(length, 4096)];
        _chars = chars.Length <= MaxKeptChars ? chars : _chars;
        prefix.CopyTo(chars);
        if (Folder.Lowercase)
        {
            text.AsSpan().ToLowerInvariant(chars.AsSpan(prefix.Length));
        }
        else
        {
            text.CopyTo(chars.AsSpan(prefix.Length));
        }

        return chars.AsSpan(0, length);
    }

    private void Run(EmbeddingWorker worker)
    {
        while (true)
        {
            _mayRun.Wait();
            TokenizedText? text;
            lock (_gate)
            {
                if (!_ready.TryDequeue(out text))
                {
                    return; // closed, and nothing is left
                }
            }

            EmbeddingCall call = text.Call;
            try
            {
                if (!call.HasEnded)
                {
                    var vector = new float[Info.Dimensions];
                    int tokens = worker.Embed(CollectionsMarshal.AsSpan(text.Ids), vector);
                    call.Complete(text.Place, vector, tokens);
                }
            }
#pragma warning disable CA1031 // goes to the waiting caller; the thread lives on
            catch (Exception e)
            {
                call.Fail(e);
            }
#pragma warning restore CA1031

            Free(text);
        }
    }

    private void Free(TokenizedText text)
    {
        lock (_gate)
        {
            _free.Push(text);
        }

        _mayTokenize.Release();
    }

    /// <summary>A text between the threads; made once and used again.</summary>
    private sealed class TokenizedText(int capacity)
    {
        private EmbeddingCall? _call;

        public List<int> Ids { get; } = new(capacity);

        public int Place { get; private set; }

        public EmbeddingCall Call => _call ?? throw new InvalidOperationException("No text was set.");

        public void Set(EmbeddingCall call, int place)
        {
            (_call, Place) = (call, place);
            Ids.Clear();
        }
    }
}
