using EnterpriseRag.Inference.Models.Import.Gguf;

namespace EnterpriseRag.Inference.Tests.Models.Import;

/// <summary>
/// The llama architecture computed in doubles straight from a GGUF file, in the file's own layout: rotation of adjacent pairs, rows where they
/// lie. Shares no code with the importer's recipe, so that a wrong un-permutation, stacking or attribute shows.
/// </summary>
internal sealed class ReferenceLlama(GgufFile file)
{
    private readonly int _hidden = file.Metadata.Number("llama.embedding_length", 1, 1 << 16);
    private readonly int _heads = file.Metadata.Number("llama.attention.head_count", 1, 1 << 10);
    private readonly int _keyValueHeads = file.Metadata.Number("llama.attention.head_count_kv", 1, 1 << 10);
    private readonly int _layers = file.Metadata.Number("llama.block_count", 1, 1 << 10);
    private readonly double _epsilon = file.Metadata.Real("llama.attention.layer_norm_rms_epsilon");
    private readonly double _theta = file.Metadata.Real("llama.rope.freq_base", 10_000);
    private readonly double _factor = file.Metadata.Real("llama.rope.scaling.factor", 1);

    private int HeadSize => _hidden / _heads;

    /// <summary>Logits of every position.</summary>
    public double[][] Logits(IReadOnlyList<int> ids)
    {
        var embedding = Tensor("token_embd.weight");
        var states = ids.Select(id => embedding.AsSpan(id * _hidden, _hidden).ToArray()).ToArray();
        for (var layer = 0; layer < _layers; layer++)
        {
            Layer($"blk.{layer}", states);
        }

        var head = file.Tensors.ContainsKey("output.weight") ? Tensor("output.weight") : embedding;
        return [.. states.Select(state => Product(head, Norm("output_norm.weight", state)))];
    }

    private void Layer(string block, double[][] states)
    {
        var size = HeadSize;
        var (q, k, v) = (new double[states.Length][], new double[states.Length][], new double[states.Length][]);
        for (var position = 0; position < states.Length; position++)
        {
            var normed = Norm($"{block}.attn_norm.weight", states[position]);
            q[position] = Rotate(Linear($"{block}.attn_q", normed), position);
            k[position] = Rotate(Linear($"{block}.attn_k", normed), position);
            v[position] = Linear($"{block}.attn_v", normed);
        }

        for (var position = 0; position < states.Length; position++)
        {
            var attended = new double[_heads * size];
            for (var head = 0; head < _heads; head++)
            {
                var group = head / (_heads / _keyValueHeads);
                var scores = Enumerable.Range(0, position + 1)
                    .Select(earlier => Math.Exp(Enumerable.Range(0, size).Sum(i => q[position][(head * size) + i] * k[earlier][(group * size) + i]) / Math.Sqrt(size)))
                    .ToArray();
                for (var i = 0; i < size; i++)
                {
                    attended[(head * size) + i] = scores.Select((score, earlier) => score * v[earlier][(group * size) + i]).Sum() / scores.Sum();
                }
            }

            Add(states[position], Linear($"{block}.attn_output", attended));
            var normed = Norm($"{block}.ffn_norm.weight", states[position]);
            var up = Linear($"{block}.ffn_up", normed);
            var gated = Linear($"{block}.ffn_gate", normed).Select((gate, i) => gate / (1 + Math.Exp(-gate)) * up[i]).ToArray();
            Add(states[position], Linear($"{block}.ffn_down", gated));
        }
    }

    private double[] Rotate(double[] rows, int position)
    {
        var divisors = file.Tensors.ContainsKey("rope_freqs.weight") ? Tensor("rope_freqs.weight") : null;
        for (var head = 0; head < rows.Length; head += HeadSize)
        {
            for (var pair = 0; pair < HeadSize / 2; pair++)
            {
                var angle = position * Math.Pow(_theta, -2.0 * pair / HeadSize) / (divisors?[pair] ?? _factor);
                var (a, b) = (rows[head + (2 * pair)], rows[head + (2 * pair) + 1]);
                rows[head + (2 * pair)] = (a * Math.Cos(angle)) - (b * Math.Sin(angle));
                rows[head + (2 * pair) + 1] = (a * Math.Sin(angle)) + (b * Math.Cos(angle));
            }
        }

        return rows;
    }

    private double[] Norm(string name, double[] x)
    {
        var weight = Tensor(name);
        var scale = 1 / Math.Sqrt((x.Sum(value => value * value) / x.Length) + _epsilon);
        return [.. x.Select((value, i) => value * scale * weight[i])];
    }

    private double[] Linear(string name, double[] x)
    {
        var product = Product(Tensor($"{name}.weight"), x);
        if (file.Tensors.ContainsKey($"{name}.bias"))
        {
            Add(product, Tensor($"{name}.bias"));
        }

        return product;
    }

    private static double[] Product(double[] weight, double[] x)
    {
        var result = new double[weight.Length / x.Length];
        for (var row = 0; row < result.Length; row++)
        {
            for (var i = 0; i < x.Length; i++)
            {
                result[row] += weight[(row * x.Length) + i] * x[i];
            }
        }

        return result;
    }

    private static void Add(double[] target, double[] values)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] += values[i];
        }
    }

    private double[] Tensor(string name)
    {
        var tensor = file.Tensors[name];
        var packed = new byte[tensor.Bytes];
        file.Read(tensor, 0, packed);
        var values = new float[tensor.Bytes / tensor.Format.Bytes * tensor.Format.Values];
        tensor.Format.Decode(packed, values);
        return Array.ConvertAll(values, value => (double)value);
    }
}
