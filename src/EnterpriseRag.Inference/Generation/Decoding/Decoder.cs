using System.Collections.Concurrent;
using System.Numerics.Tensors;
using EnterpriseRag.Inference.Generation.KvCache;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using EnterpriseRag.Inference.Sessions;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>
/// A decoder graph over the slots of a cache: one chunk of a prompt, or one token of several sequences, a run. Belongs to one thread; only
/// <see cref="TerminatePrefill"/> and <see cref="TerminateAll"/> may come from another. Native memory throughout: a run allocates nothing managed.
/// </summary>
internal sealed class Decoder : IDisposable
{
    /// <summary>
    /// Tokens of a prompt in one run. Fixed, because a prompt must give the same answer twice and 8-bit activations may round differently in other chunks.
    /// 128, 256, 512 and 1,024 are equally fast (1,250 tokens/s, 2 cores of Zen 5); the smallest cancels soonest, within a tenth of a second.
    /// </summary>
    public const int ChunkTokens = 128;

    private readonly OrtSession _session;
    private readonly OrtTensor _ids;
    private readonly OrtTensor _mask;
    private readonly OrtTensor? _positions;
    private readonly OrtTensor _logits;
    private readonly OrtTensor? _floatLogits; // the logits as floats, when the graph gives halves
    private readonly List<(string, OrtTensor)> _inputs; // never changed
    private readonly List<(string, OrtTensor)> _outputs; // never changed
    private readonly Plans _plain;
    private readonly ConcurrentDictionary<string, Plans> _adapted = new(StringComparer.Ordinal); // by adapter
    private readonly Lock _adapting = new(); // guards the two fields below
    private readonly List<LoadedAdapter> _adapters = [];
    private OrtSession? _adaptedSession; // the same weights with slots beside them; loaded for the first adapter
    private readonly Func<OrtSession> _loadAdapted;
    private readonly bool _lastRowOnly;

    /// <param name="folder">With the graph.</param>
    /// <param name="config">The folder's.</param>
    /// <param name="runtime">Loads the session.</param>
    /// <param name="cacheBytes">Keys and values of all sequences together; caps the length of one.</param>
    /// <param name="sequences">Sequences that may run side by side.</param>
    /// <exception cref="ModelFolderException">The graph is not of a kind that runs here.</exception>
    public Decoder(ModelFolder folder, GenAiConfig config, InferenceRuntime runtime, long cacheBytes, int sequences = 1)
    {
        _session = DecoderGraph.Load(folder, config, runtime);
        _loadAdapted = () => DecoderGraph.LoadWithSlots(folder, config, runtime);
        TensorInfo logits = _session.Outputs.FirstOrDefault(o => string.Equals(o.Name, config.Logits, StringComparison.Ordinal)) is { Rank: 3, Type: ElementType.Float or ElementType.Float16 } output && output.Dimensions[2] > 0
            ? output
            : throw new ModelFolderException($"{folder.Path}: the graph has no float output {config.Logits} [batch, sequence, vocabulary].");
        _lastRowOnly = logits.Dimensions[1] == 1;
        Vocabulary = checked((int)logits.Dimensions[2]);
        Cache = new KvSlots(_session, config, folder, cacheBytes, sequences);

        int tokens = Math.Max(ChunkTokens, sequences);
        _ids = new OrtTensor(ElementType.Int64, tokens);
        _mask = OrtTensor.Reserve(ElementType.Int64, (long)sequences * Capacity);
        long rows = Math.Max(_lastRowOnly ? 1 : ChunkTokens, sequences);
        _logits = OrtTensor.Reserve(logits.Type, rows * Vocabulary);
        _floatLogits = logits.Type == ElementType.Float ? null : new OrtTensor(ElementType.Float, (long)sequences * Vocabulary);
        _inputs = [(config.InputIds, _ids), (config.AttentionMask, _mask), .. Cache.Inputs];
        if (_session.Inputs.Any(i => string.Equals(i.Name, config.PositionIds, StringComparison.Ordinal)))
        {
            _positions = new OrtTensor(ElementType.Int64, tokens);
            _inputs.Add((config.PositionIds, _positions));
        }

        _outputs = [(config.Logits, _logits), .. Cache.Outputs];
        _plain = NewPlans();
    }

    /// <summary>Keys and values. Slots are the caller's to give away.</summary>
    public KvSlots Cache { get; }

    /// <summary>Tokens that a sequence may have, prompt and answer together.</summary>
    public int Capacity => Cache.Capacity;

    /// <summary>Rows of the vocabulary, padding rows included.</summary>
    public int Vocabulary { get; }

    /// <summary>True when runs may name this adapter. Any thread.</summary>
    public bool HasAdapter(string name) => _adapted.ContainsKey(name);

    /// <summary>Lets runs name an adapter from now on. Any thread.</summary>
    /// <param name="name">As in <see cref="ChatOptionKeys.Adapter"/>; not in use yet.</param>
    /// <param name="prepare">Puts the adapter's tensors into a plan; called for each kind of run.</param>
    public void AddAdapter(string name, Action<RunPlan> prepare)
    {
        Plans plans = NewPlans();
        prepare(plans.Prefill);
        prepare(plans.Step);
        if (!_adapted.TryAdd(name, plans))
        {
            plans.Dispose();
            throw new ArgumentException($"The model has an adapter '{name}' already.", nameof(name));
        }
    }

    /// <summary>Lets runs name an adapter from now on; loads the graph with slots when it is the first. Any thread; runs without an adapter are not disturbed.</summary>
    /// <param name="name">As in <see cref="ChatOptionKeys.Adapter"/>; not in use yet.</param>
    /// <param name="adapter">Becomes the decoder's, also when this fails.</param>
    /// <exception cref="ModelFolderException">The model has no slots for adapters.</exception>
    public void AddAdapter(string name, LoadedAdapter adapter)
    {
        lock (_adapting)
        {
            try
            {
                // A file of the library's own form goes with graphs that were exported with slots.
                bool exported = adapter.Tensors.Count == 0 && _session.Overridable.Count > 0;
                OrtSession session = exported ? _session : _adaptedSession ??= _loadAdapted();
                List<(string, OrtTensor)> inputs = [.. _inputs, .. adapter.Tensors];
                var plans = new Plans(new RunPlan(session, inputs, _outputs), new RunPlan(session, inputs, _outputs));
                adapter.Prepare(plans.Prefill);
                adapter.Prepare(plans.Step);
                if (!_adapted.TryAdd(name, plans))
                {
                    plans.Dispose();
                    throw new ArgumentException($"The model has an adapter '{name}' already.", nameof(name));
                }
            }
            catch
            {
                adapter.Dispose(); // whoever asks for it again brings another
                throw;
            }

            _adapters.Add(adapter);
        }
    }

    /// <summary>Appends a chunk of a prompt to one sequence.</summary>
    /// <param name="slot">The sequence's.</param>
    /// <param name="past">Tokens that it has.</param>
    /// <param name="tokens">1 to <see cref="ChunkTokens"/>.</param>
    /// <param name="adapter">Null: the model alone.</param>
    /// <returns>Logits of the token after the chunk. Overwritten by the next run; the caller may change them.</returns>
    /// <exception cref="OperationCanceledException"><see cref="TerminatePrefill"/> or <see cref="TerminateAll"/> was called.</exception>
    public Span<float> Prefill(int slot, int past, scoped ReadOnlySpan<int> tokens, string? adapter = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, ChunkTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(past + tokens.Length, Capacity);
        Cache.Bind(slot, 1);
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
                positions[i] = past + i;
            }
        }

        _mask.Reshape(1, past + tokens.Length);
        _mask.Data<long>().Fill(1);
        int rows = _lastRowOnly ? 1 : tokens.Length;
        _logits.Reshape(1, rows, Vocabulary);
        PlansFor(adapter).Prefill.Run();
        return Row(rows - 1, 0);
    }

    /// <summary>
    /// Appends one token to each of several sequences in neighbouring slots, in one run. A row's logits do not depend on the other rows, bit for bit (tested).
    /// Read them with <see cref="Logits"/>.
    /// </summary>
    /// <param name="firstSlot">Slot of the first row.</param>
    /// <param name="tokens">One a row.</param>
    /// <param name="lengths">Tokens that each sequence has, below <see cref="Capacity"/>.</param>
    /// <param name="adapter">Of all rows; null: the model alone.</param>
    /// <exception cref="OperationCanceledException"><see cref="TerminateAll"/> was called.</exception>
    public void Step(int firstSlot, scoped ReadOnlySpan<int> tokens, scoped ReadOnlySpan<int> lengths, string? adapter = null)
    {
        int rows = tokens.Length;
        ArgumentOutOfRangeException.ThrowIfZero(rows);
        ArgumentOutOfRangeException.ThrowIfNotEqual(lengths.Length, rows);
        int width = TensorPrimitives.Max(lengths) + 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Capacity, nameof(lengths));
        Cache.Bind(firstSlot, rows);
        _ids.Reshape(rows, 1);
        _mask.Reshape(rows, width);
        _positions?.Reshape(rows, 1);
        Span<long> ids = _ids.Data<long>();
        Span<long> mask = _mask.Data<long>();
        Span<long> positions = _positions is null ? default : _positions.Data<long>();
        for (int row = 0; row < rows; row++)
        {
            ids[row] = tokens[row];
            // The attention takes the row's length from the sum of its mask; the rows are as wide as the longest needs.
            Span<long> ones = mask.Slice(row * width, width);
            ones[..(lengths[row] + 1)].Fill(1);
            ones[(lengths[row] + 1)..].Clear();
            if (!positions.IsEmpty)
            {
                positions[row] = lengths[row];
            }
        }

        _logits.Reshape(rows, 1, Vocabulary);
        PlansFor(adapter).Step.Run();
    }

    /// <summary>Logits of a row of the last <see cref="Step"/>. Overwritten by the next run; the caller may change them.</summary>
    public Span<float> Logits(int row) => Row(row, row);

    /// <summary>Ends the running or next <see cref="Prefill"/> with this adapter; from any thread.</summary>
    public void TerminatePrefill(string? adapter = null) => PlansFor(adapter).Prefill.Terminate();

    /// <summary>Permits prompts again, once no <see cref="TerminatePrefill"/> for the past work can still come.</summary>
    public void ResetTermination(string? adapter = null) => PlansFor(adapter).Prefill.ResetTermination();

    /// <summary>Ends whatever runs, for good; from any thread.</summary>
    public void TerminateAll()
    {
        foreach (Plans plans in _adapted.Values.Append(_plain))
        {
            plans.Prefill.Terminate();
            plans.Step.Terminate();
        }
    }

    public void Dispose()
    {
        _plain.Dispose();
        foreach (Plans plans in _adapted.Values)
        {
            plans.Dispose();
        }

        _session.Dispose();
        _adaptedSession?.Dispose();
        _adapters.ForEach(adapter => adapter.Dispose());
        Cache.Dispose();
        _ids.Dispose();
        _mask.Dispose();
        _positions?.Dispose();
        _logits.Dispose();
        _floatLogits?.Dispose();
    }

    /// <summary>All plans work on the same tensors; they differ in what ends them and in the adapter.</summary>
    private Plans NewPlans() => new(new RunPlan(_session, _inputs, _outputs), new RunPlan(_session, _inputs, _outputs));

    private Plans PlansFor(string? adapter) => adapter is null ? _plain
        : _adapted.TryGetValue(adapter, out Plans? plans) ? plans
        : throw new ArgumentException($"The model has no adapter '{adapter}'.", nameof(adapter));

    private Span<float> Row(int row, int floatRow)
    {
        if (_floatLogits is null)
        {
            return _logits.Data<float>().Slice(row * Vocabulary, Vocabulary);
        }

        Span<float> floats = _floatLogits.AllData<float>().Slice(floatRow * Vocabulary, Vocabulary);
        TensorPrimitives.ConvertToSingle(_logits.Data<Half>().Slice(row * Vocabulary, Vocabulary), floats);
        return floats;
    }

    /// <summary>A prompt is ended without ending anybody's step, so the two have plans of their own.</summary>
    private sealed record Plans(RunPlan Prefill, RunPlan Step) : IDisposable
    {
        public void Dispose()
        {
            Prefill.Dispose();
            Step.Dispose();
        }
    }
}
