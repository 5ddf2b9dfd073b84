using EnterpriseRag.Inference.Generation.KvCache;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using EnterpriseRag.Inference.Sessions;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>
/// A decoder graph with one sequence: takes tokens, gives the logits of the next one. Belongs to one thread; only <see cref="Terminate"/> may come from
/// another. Native memory throughout: a step allocates nothing managed.
/// </summary>
internal sealed class Decoder : IDisposable
{
    /// <summary>
    /// Tokens of a prompt in one run. Fixed, because a prompt must give the same answer twice and 8-bit activations may round differently in other chunks.
    /// 128, 256, 512 and 1,024 are equally fast (1,250 tokens/s, 2 cores of Zen 5); the smallest cancels soonest, within a tenth of a second.
    /// </summary>
    public const int ChunkTokens = 128;

    // A graph file with its weights inside is loaded from disk as it is: parsing would double its memory.
    private const long MaxGraphBytes = 64 << 20;

    private readonly OrtSession _session;
    private readonly SequenceCache _cache;
    private readonly OrtTensor _ids;
    private readonly OrtTensor _mask;
    private readonly OrtTensor? _positions;
    private readonly OrtTensor _logits;
    private readonly RunPlan _plan;
    private readonly bool _lastRowOnly;
    private readonly int _vocabulary;

    public Decoder(ModelFolder folder, GenAiConfig config, InferenceRuntime runtime, long cacheBytes)
    {
        // A step is some three hundred operators; sleeping threads would be woken as often (decoding: 115 against 150 tokens/s).
        SessionSettings settings = runtime.Settings(runtime.Threads) with { SpinDuringRuns = true };
        _session = Load(folder, config, runtime, settings);
        TensorInfo logits = _session.Outputs.FirstOrDefault(o => string.Equals(o.Name, config.Logits, StringComparison.Ordinal)) is { Rank: 3, Type: ElementType.Float } output && output.Dimensions[2] > 0
            ? output
            : throw new ModelFolderException($"{folder.Path}: the graph has no float output {config.Logits} [batch, sequence, vocabulary].");
        _lastRowOnly = logits.Dimensions[1] == 1;
        _vocabulary = checked((int)logits.Dimensions[2]);
        _cache = new SequenceCache(_session, config, folder, cacheBytes);

        _ids = new OrtTensor(ElementType.Int64, ChunkTokens);
        _mask = new OrtTensor(ElementType.Int64, Capacity);
        _mask.AllData<long>().Fill(1);
        _logits = new OrtTensor(ElementType.Float, (long)(_lastRowOnly ? 1 : ChunkTokens) * _vocabulary);
        List<(string, OrtTensor)> inputs = [(config.InputIds, _ids), (config.AttentionMask, _mask), .. _cache.Inputs];
        if (_session.Inputs.Any(i => string.Equals(i.Name, config.PositionIds, StringComparison.Ordinal)))
        {
            _positions = new OrtTensor(ElementType.Int64, ChunkTokens);
            inputs.Add((config.PositionIds, _positions));
        }

        _plan = new RunPlan(_session, inputs, [(config.Logits, _logits), .. _cache.Outputs]);
    }

    /// <summary>Tokens that a sequence may have, prompt and answer together.</summary>
    public int Capacity => _cache.Capacity;

    /// <summary>Rows of the vocabulary, padding rows included.</summary>
    public int Vocabulary => _vocabulary;

    /// <summary>Tokens of the present sequence.</summary>
    public int Length { get; private set; }

    /// <summary>Starts a new sequence.</summary>
    public void Reset() => Length = 0;

    /// <summary>Appends tokens and returns the logits of the token after them. The span is overwritten by the next call; the caller may change it.</summary>
    /// <exception cref="OperationCanceledException"><see cref="Terminate"/> was called.</exception>
    public Span<float> Append(scoped ReadOnlySpan<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length + tokens.Length, Capacity);
        while (tokens.Length > ChunkTokens)
        {
            Run(tokens[..ChunkTokens]);
            tokens = tokens[ChunkTokens..];
        }

        Run(tokens);
        return _logits.Data<float>()[^_vocabulary..];
    }

    /// <summary>Ends the running or next <see cref="Append"/>; from any thread.</summary>
    public void Terminate() => _plan.Terminate();

    /// <summary>Permits runs again, once no <see cref="Terminate"/> for the past work can still come.</summary>
    public void ResetTermination() => _plan.ResetTermination();

    public void Dispose()
    {
        _plan.Dispose();
        _session.Dispose();
        _cache.Dispose();
        _ids.Dispose();
        _mask.Dispose();
        _positions?.Dispose();
        _logits.Dispose();
    }

    private static OrtSession Load(ModelFolder folder, GenAiConfig config, InferenceRuntime runtime, SessionSettings settings)
    {
        string path = folder.File(config.FileName);
        return new FileInfo(path).Length <= MaxGraphBytes && LastTokenHead.TryCut(File.ReadAllBytes(path), config.Logits) is { } cut
            ? runtime.Load(cut, folder.Path, settings)
            : runtime.Load(path, settings);
    }

    private void Run(scoped ReadOnlySpan<int> tokens)
    {
        _ids.Reshape(1, tokens.Length);
        Span<long> ids = _ids.Data<long>();
        for (int i = 0; i < tokens.Length; i++)
        {
            ids[i] = tokens[i];
        }

        if (_positions is not null)
        {
            _positions.Reshape(1, tokens.Length);
            Span<long> positions = _positions.Data<long>();
            for (int i = 0; i < positions.Length; i++)
            {
                positions[i] = Length + i;
            }
        }

        _mask.Reshape(1, Length + tokens.Length);
        _logits.Reshape(1, _lastRowOnly ? 1 : tokens.Length, _vocabulary);
        _plan.Run();
        Length += tokens.Length;
    }
}
