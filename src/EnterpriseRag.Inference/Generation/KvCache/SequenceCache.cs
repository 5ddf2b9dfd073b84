using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Generation.KvCache;

/// <summary>
/// Keys and values of one sequence: per layer two buffers [1, heads, capacity, head size] that are past and present of a run at once, so a step writes one
/// position and copies nothing. What lies beyond the sequence's length is never read, so a new sequence simply starts over. Pages that no sequence has
/// reached cost no memory.
/// </summary>
internal sealed class SequenceCache : IDisposable
{
    private readonly List<OrtTensor> _tensors = [];

    public SequenceCache(OrtSession session, GenAiConfig config, ModelFolder folder, long budgetBytes)
    {
        TensorInfo[] pasts = [.. Enumerable.Range(0, config.Layers).SelectMany(layer => (TensorInfo[])[Past(config.PastKey, layer), Past(config.PastValue, layer)])];
        long bytesPerToken = pasts.Sum(p => Heads(p) * Width(p) * p.Type.SizeInBytes());
        Capacity = (int)Math.Min(config.ContextLength, RoundDown(budgetBytes / bytesPerToken));
        if (Capacity < Granularity && Capacity < config.ContextLength)
        {
            throw new ModelFolderException(
                $"{folder.Path} needs {bytesPerToken:N0} bytes of cache per token; Inference:Generation:CacheMegabytes ({budgetBytes >> 20}) holds fewer than {Granularity} tokens.");
        }

        for (int layer = 0; layer < config.Layers; layer++)
        {
            Add(pasts[2 * layer], GenAiConfig.Layer(config.PresentKey, layer));
            Add(pasts[(2 * layer) + 1], GenAiConfig.Layer(config.PresentValue, layer));
        }

        TensorInfo Past(string pattern, int layer)
        {
            string name = GenAiConfig.Layer(pattern, layer);
            return session.Inputs.FirstOrDefault(i => string.Equals(i.Name, name, StringComparison.Ordinal)) is { Rank: 4 } info
                ? info
                : throw new ModelFolderException($"{folder.Path}: the graph has no input {name} of rank 4; only decoders with a key-value cache run.");
        }

        // Sizes may differ from layer to layer, so the graph's win over the configuration's.
        long Heads(TensorInfo past) => past.Dimensions[1] > 0 ? past.Dimensions[1] : config.KeyValueHeads;
        long Width(TensorInfo past) => past.Dimensions[3] > 0 ? past.Dimensions[3] : config.HeadSize;

        void Add(TensorInfo past, string present)
        {
            var tensor = new OrtTensor(past.Type, Heads(past) * Capacity * Width(past));
            tensor.Reshape(1, Heads(past), Capacity, Width(past));
            _tensors.Add(tensor);
            Inputs.Add((past.Name, tensor));
            Outputs.Add((present, tensor));
        }
    }

    private const int Granularity = 256;

    /// <summary>Tokens that a sequence may have.</summary>
    public int Capacity { get; }

    public List<(string Name, OrtTensor Tensor)> Inputs { get; } = [];

    public List<(string Name, OrtTensor Tensor)> Outputs { get; } = [];

    public void Dispose() => _tensors.ForEach(t => t.Dispose());

    private static long RoundDown(long tokens) => tokens / Granularity * Granularity;
}
