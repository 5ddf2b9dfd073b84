using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Generation.KvCache;

/// <summary>
/// Keys and values of several sequences: per layer two buffers [slots, heads, capacity, head size] of reserved address space, past and present of a run at once,
/// so a step writes one position a row and copies nothing. A run binds neighbouring slots. What lies beyond a sequence's length is never read, so a slot needs no
/// cleaning. Every slot could hold the longest sequence; memory is what was written and not yet given back by <see cref="Discard"/>. One thread.
/// </summary>
internal sealed class KvSlots : IDisposable
{
    private const int Granularity = 256;

    private readonly List<Layer> _layers = [];
    private int _first = -1;
    private int _count;

    /// <param name="session">Its inputs name and size the buffers.</param>
    /// <param name="config">Names, and sizes where the graph leaves them open.</param>
    /// <param name="folder">For messages.</param>
    /// <param name="budgetBytes">No sequence may need more.</param>
    /// <param name="slots">Sequences.</param>
    public KvSlots(OrtSession session, GenAiConfig config, ModelFolder folder, long budgetBytes, int slots)
    {
        // As many layers as the graph has, whatever the configuration says: some have no cache of their own.
        int[] layers = [.. session.Inputs.Select(i => GenAiConfig.LayerOf(config.PastKey, i.Name)).OfType<int>().Order()];
        if (layers.Length == 0)
        {
            throw new ModelFolderException($"{folder.Path}: the graph has no inputs {config.PastKey}; only decoders with a key-value cache run.");
        }

        TensorInfo[] pasts = [.. layers.SelectMany(layer => (TensorInfo[])[Past(config.PastKey, layer), Past(config.PastValue, layer)])];
        BytesPerToken = pasts.Sum(p => Heads(p) * Width(p) * p.Type.SizeInBytes());
        Slots = slots;
        Capacity = (int)Math.Min(config.ContextLength, RoundDown(budgetBytes / BytesPerToken));
        if (Capacity < Granularity && Capacity < config.ContextLength)
        {
            throw new ModelFolderException(
                $"{folder.Path} needs {BytesPerToken:N0} bytes of cache per token; Inference:Generation:CacheMegabytes ({budgetBytes >> 20}) holds fewer than {Granularity} tokens.");
        }

        for (int i = 0; i < layers.Length; i++)
        {
            Add(pasts[2 * i], GenAiConfig.Layer(config.PresentKey, layers[i]));
            Add(pasts[(2 * i) + 1], GenAiConfig.Layer(config.PresentValue, layers[i]));
        }

        TensorInfo Past(string pattern, int layer)
        {
            string name = GenAiConfig.Layer(pattern, layer);
            TensorInfo? past = session.Inputs.FirstOrDefault(i => string.Equals(i.Name, name, StringComparison.Ordinal));
            return past is { Rank: 4, Type: ElementType.Float or ElementType.Float16 or ElementType.BFloat16 } && Heads(past) > 0 && Width(past) > 0
                ? past
                : throw new ModelFolderException($"{folder.Path}: the cache {name} is {past?.ToString() ?? "missing"}; it must be [batch, heads, length, head size] of floats or halves.");
        }

        // Sizes may differ from layer to layer, so the graph's win over the configuration's.
        long Heads(TensorInfo past) => past.Dimensions[1] > 0 ? past.Dimensions[1] : config.KeyValueHeads;
        long Width(TensorInfo past) => past.Dimensions[3] > 0 ? past.Dimensions[3] : config.HeadSize;

        void Add(TensorInfo past, string present)
        {
            (int heads, int width) = (checked((int)Heads(past)), checked((int)Width(past)));
            var tensor = OrtTensor.Reserve(past.Type, (long)Slots * heads * Capacity * width);
            _layers.Add(new Layer(tensor, heads, width));
            Inputs.Add((past.Name, tensor));
            Outputs.Add((present, tensor));
        }
    }

    /// <summary>Sequences that fit side by side.</summary>
    public int Slots { get; }

    /// <summary>Tokens that a sequence may have.</summary>
    public int Capacity { get; }

    /// <summary>Memory of one token of one sequence in all layers.</summary>
    public long BytesPerToken { get; }

    public List<(string Name, OrtTensor Tensor)> Inputs { get; } = [];

    public List<(string Name, OrtTensor Tensor)> Outputs { get; } = [];

    /// <summary>The next run works on these slots, one a row.</summary>
    public void Bind(int first, int count)
    {
        if (first == _first && count == _count)
        {
            return;
        }

        foreach (Layer layer in _layers)
        {
            layer.Tensor.Place(first * layer.SlotElements(Capacity), count, layer.Heads, Capacity, layer.Width);
        }

        (_first, _count) = (first, count);
    }

    /// <summary>Copies a sequence to another slot. With <paramref name="discard"/> the old slot gives its memory back on the way, so that the copy needs none.</summary>
    public void Move(int from, int to, int tokens, bool discard)
    {
        foreach (Layer layer in _layers)
        {
            for (int head = 0; head < layer.Heads; head++)
            {
                int elements = tokens * layer.Width;
                layer.Tensor.Bytes(layer.Start(from, head, Capacity), elements).CopyTo(layer.Tensor.Bytes(layer.Start(to, head, Capacity), elements));
            }

            if (discard)
            {
                layer.Tensor.Discard(layer.Start(from, 0, Capacity), layer.SlotElements(Capacity));
            }
        }
    }

    /// <summary>Copies some tokens of a slot out: all layers, all heads, token by token.</summary>
    /// <param name="slot">Whose.</param>
    /// <param name="start">First token.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="block">At least tokens × <see cref="BytesPerToken"/> bytes.</param>
    public void Read(int slot, int start, int tokens, NativeBuffer block) => Copy(slot, start, tokens, block, write: false);

    /// <summary>Copies back what <see cref="Read"/> copied out, to the same tokens of any slot.</summary>
    public void Write(int slot, int start, int tokens, NativeBuffer block) => Copy(slot, start, tokens, block, write: true);

    /// <summary>Gives back the memory of a slot beyond its first tokens; what lies there is lost.</summary>
    public void Discard(int slot, int keepTokens)
    {
        foreach (Layer layer in _layers)
        {
            for (int head = 0; head < layer.Heads; head++)
            {
                layer.Tensor.Discard(layer.Start(slot, head, Capacity) + ((long)keepTokens * layer.Width), (long)(Capacity - keepTokens) * layer.Width);
            }
        }
    }

    public void Dispose() => _layers.ForEach(layer => layer.Tensor.Dispose());

    private void Copy(int slot, int start, int tokens, NativeBuffer block, bool write)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens * BytesPerToken, block.Bytes, nameof(block));
        long at = 0;
        foreach (Layer layer in _layers)
        {
            for (int head = 0; head < layer.Heads; head++)
            {
                Span<byte> inSlot = layer.Tensor.Bytes(layer.Start(slot, head, Capacity) + ((long)start * layer.Width), tokens * layer.Width);
                Span<byte> inBlock = block.Span(at, inSlot.Length);
                (write ? inBlock : inSlot).CopyTo(write ? inSlot : inBlock);
                at += inSlot.Length;
            }
        }
    }

    private static long RoundDown(long tokens) => tokens / Granularity * Granularity;

    /// <summary>The keys or the values of one layer.</summary>
    private readonly record struct Layer(OrtTensor Tensor, int Heads, int Width)
    {
        public long SlotElements(int capacity) => (long)Heads * capacity * Width;

        /// <summary>Element at which a head of a slot begins.</summary>
        public long Start(int slot, int head, int capacity) => (((long)slot * Heads) + head) * capacity * Width;
    }
}
