using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>
/// The decoder families computed in doubles straight from published weights, head by head and token by token, after the modelling code of transformers. Shares
/// no code with the importer's recipes, so that a wrong row order, attribute, norm or mask shows. Slow on purpose: nothing is fused.
/// </summary>
internal sealed class ReferenceDecoder(PublishedModel model)
{
    private readonly JsonObject _config = model.Config;
    private readonly string _type = FamilyTensors.Type(model.Config);
    private readonly int _hidden = model.Number("hidden_size");
    private readonly int _layers = model.Number("num_hidden_layers");
    private readonly int _heads = FamilyTensors.Heads(model.Config);
    private readonly int _keyHeads = FamilyTensors.KeyValueHeads(model.Config);
    private readonly int _size = FamilyTensors.HeadSize(model.Config);
    private readonly int _feed = FamilyTensors.FeedForward(model.Config);

    private bool IsGemma => FamilyTensors.IsGemma(_config);

    private double Epsilon => FamilyTensors.Real(_config, _type switch { "gpt_neox" => "layer_norm_eps", "falcon" => "layer_norm_epsilon", _ => "rms_norm_eps" }, 1e-5);

    /// <summary>Logits of every position.</summary>
    public double[][] Logits(IReadOnlyList<int> ids)
    {
        var embedding = Values(_type switch { "gpt_neox" => "gpt_neox.embed_in.weight", "falcon" => "transformer.word_embeddings.weight", _ => "model.embed_tokens.weight" });
        var states = ids.Select(id => embedding.AsSpan(id * _hidden, _hidden).ToArray().Select(v => IsGemma ? v * MathF.Sqrt(_hidden) : v).ToArray()).ToArray();
        for (var layer = 0; layer < _layers; layer++)
        {
            states = _type switch
            {
                "gpt_neox" => NeoX(layer, states),
                "falcon" => Falcon(layer, states),
                _ => Plain(layer, states),
            };
        }

        var cap = FamilyTensors.Real(_config, "final_logit_softcapping", 0);
        var head = FamilyTensors.Flag(_config, "tie_word_embeddings") ? embedding : Values(_type is "gpt_neox" ? "embed_out.weight" : "lm_head.weight");
        return
        [
            .. states.Select(state => Product(head, _type switch
            {
                "gpt_neox" => LayerNorm("gpt_neox.final_layer_norm", state),
                "falcon" => LayerNorm("transformer.ln_f", state),
                _ => RmsNorm("model.norm", state),
            })).Select(row => cap > 0 ? [.. row.Select(v => Math.Tanh(v / cap) * cap)] : row),
        ];
    }

    private double[][] Plain(int layer, double[][] states)
    {
        var name = $"model.layers.{layer}";
        var attended = Attend(layer, [.. states.Select(s => RmsNorm($"{name}.input_layernorm", s))], Separate);
        return
        [
            .. states.Zip(attended, (state, a) =>
            {
                var after = Sum(state, IsGemma ? RmsNorm($"{name}.post_attention_layernorm", a) : a);
                var normed = RmsNorm($"{name}.{(IsGemma ? "pre_feedforward_layernorm" : "post_attention_layernorm")}", after);
                var fed = _type switch
                {
                    "mixtral" => Experts(name, normed),
                    "phi3" => GatedPhi3(name, normed),
                    _ => Gated(normed, $"{name}.mlp.gate_proj", $"{name}.mlp.up_proj", $"{name}.mlp.down_proj"),
                };
                return Sum(after, IsGemma ? RmsNorm($"{name}.post_feedforward_layernorm", fed) : fed);
            }),
        ];

        (double[], double[], double[]) Separate(double[] x)
        {
            if (_type is not "phi3")
            {
                return (Linear($"{name}.self_attn.q_proj", x), Linear($"{name}.self_attn.k_proj", x), Linear($"{name}.self_attn.v_proj", x));
            }

            var all = Linear($"{name}.self_attn.qkv_proj", x);
            return (all[..(_heads * _size)], all[(_heads * _size)..((_heads + _keyHeads) * _size)], all[((_heads + _keyHeads) * _size)..]);
        }
    }

    private double[][] NeoX(int layer, double[][] states)
    {
        var name = $"gpt_neox.layers.{layer}";
        var attended = Attend(layer, [.. states.Select(s => LayerNorm($"{name}.input_layernorm", s))], x => Ungroup(Linear($"{name}.attention.query_key_value", x)));
        return
        [
            .. states.Zip(attended, (state, a) =>
            {
                var parallel = FamilyTensors.Flag(_config, "use_parallel_residual", absent: true);
                var after = Sum(state, a);
                var up = Linear($"{name}.mlp.dense_h_to_4h", LayerNorm($"{name}.post_attention_layernorm", parallel ? state : after)).Select(Gelu).ToArray();
                return Sum(after, Linear($"{name}.mlp.dense_4h_to_h", up));
            }),
        ];
    }

    private double[][] Falcon(int layer, double[][] states)
    {
        var name = $"transformer.h.{layer}";
        var two = FamilyTensors.TwoNorms(_config);
        var attended = Attend(layer, [.. states.Select(s => LayerNorm($"{name}.{(two ? "ln_attn" : "input_layernorm")}", s))], x =>
        {
            var all = Linear($"{name}.self_attention.query_key_value", x);
            var stacked = !FamilyTensors.Flag(_config, "new_decoder_architecture") && FamilyTensors.Flag(_config, "multi_query", absent: true);
            return stacked ? (all[..(_heads * _size)], all[(_heads * _size)..((_heads + 1) * _size)], all[((_heads + 1) * _size)..]) : Ungroup(all);
        });
        return
        [
            .. states.Zip(attended, (state, a) =>
            {
                var up = Linear($"{name}.mlp.dense_h_to_4h", LayerNorm($"{name}.{(two ? "ln_mlp" : "input_layernorm")}", state)).Select(Gelu).ToArray();
                return Sum(Sum(state, a), Linear($"{name}.mlp.dense_4h_to_h", up));
            }),
        ];
    }

    /// <summary>Per key head: its queries, its key, its value.</summary>
    private (double[] Q, double[] K, double[] V) Ungroup(double[] all)
    {
        var queries = _heads / _keyHeads * _size;
        var groups = all.Chunk(queries + (2 * _size)).ToList();
        return ([.. groups.SelectMany(g => g[..queries])], [.. groups.SelectMany(g => g[queries..(queries + _size)])], [.. groups.SelectMany(g => g[(queries + _size)..])]);
    }

    private double[][] Attend(int layer, double[][] normed, Func<double[], (double[] Q, double[] K, double[] V)> project)
    {
        var (q, k, v) = (new double[normed.Length][], new double[normed.Length][], new double[normed.Length][]);
        var rope = Rope(layer);
        for (var position = 0; position < normed.Length; position++)
        {
            (q[position], k[position], v[position]) = project(normed[position]);
            HeadNorm(layer, "q", q[position]);
            HeadNorm(layer, "k", k[position]);
            Rotate(q[position], position, rope);
            Rotate(k[position], position, rope);
        }

        var scale = IsGemma ? Math.Pow(_config["query_pre_attn_scalar"]?.GetValue<double>() ?? 256, -0.5) : Math.Pow(_size, -0.5);
        var cap = FamilyTensors.Real(_config, "attn_logit_softcapping", 0);
        var window = Window(layer);
        var attended = new double[normed.Length][];
        for (var position = 0; position < normed.Length; position++)
        {
            attended[position] = new double[_heads * _size];
            for (var head = 0; head < _heads; head++)
            {
                var group = head / (_heads / _keyHeads);
                var first = Math.Max(0, position - window + 1);
                var scores = new double[position + 1 - first];
                for (var earlier = first; earlier <= position; earlier++)
                {
                    var score = 0.0;
                    for (var i = 0; i < _size; i++)
                    {
                        score += q[position][(head * _size) + i] * k[earlier][(group * _size) + i];
                    }

                    score *= scale;
                    scores[earlier - first] = cap > 0 ? Math.Tanh(score / cap) * cap : score;
                }

                var most = scores.Max();
                var shares = scores.Select(score => Math.Exp(score - most)).ToArray();
                var total = shares.Sum();
                for (var i = 0; i < _size; i++)
                {
                    attended[position][(head * _size) + i] = shares.Select((share, e) => share / total * v[first + e][(group * _size) + i]).Sum();
                }
            }
        }

        var output = _type switch { "gpt_neox" => $"gpt_neox.layers.{layer}.attention.dense", "falcon" => $"transformer.h.{layer}.self_attention.dense", _ => $"model.layers.{layer}.self_attn.o_proj" };
        return [.. attended.Select(a => Linear(output, a))];
    }

    private void HeadNorm(int layer, string part, double[] heads)
    {
        if (_type is not ("qwen3" or "gemma3_text"))
        {
            return;
        }

        for (var head = 0; head < heads.Length; head += _size)
        {
            RmsNorm($"model.layers.{layer}.self_attn.{part}_norm", heads[head..(head + _size)]).CopyTo(heads, head);
        }
    }

    private string LayerType(int layer) => _config["layer_types"]?[layer]?.GetValue<string>() ?? "full_attention";

    private int Window(int layer)
    {
        var window = _config["sliding_window"]?.GetValue<int>() ?? int.MaxValue;
        return _type switch
        {
            "mistral" or "mixtral" or "phi3" => window,
            "qwen2" or "qwen3" => FamilyTensors.Flag(_config, "use_sliding_window") && LayerType(layer) is "sliding_attention" ? window : int.MaxValue,
            "gemma2" or "gemma3_text" => LayerType(layer) is "sliding_attention" ? window : int.MaxValue,
            _ => int.MaxValue,
        };
    }

    private (double[] Frequencies, double Factor) Rope(int layer)
    {
        var rope = _config["rope_parameters"] as JsonObject ?? [];
        rope = rope[LayerType(layer)] as JsonObject ?? rope;
        var theta = FamilyTensors.Real(rope, "rope_theta", 10_000);
        var turned = (int)(_size * FamilyTensors.Real(rope, "partial_rotary_factor", 1));
        var frequencies = Enumerable.Range(0, turned / 2).Select(j => 1 / Math.Pow(theta, 2.0 * j / turned)).ToArray();
        switch (rope["rope_type"]?.GetValue<string>() ?? "default")
        {
            case "linear":
                return ([.. frequencies.Select(f => f / FamilyTensors.Real(rope, "factor", 1))], 1);
            case "llama3":
                var (factor, low, high, original) = (FamilyTensors.Real(rope, "factor", 1), FamilyTensors.Real(rope, "low_freq_factor", 1), FamilyTensors.Real(rope, "high_freq_factor", 4), FamilyTensors.Real(rope, "original_max_position_embeddings", 0));
                return ([.. frequencies.Select(f =>
                {
                    var wave = 2 * Math.PI / f;
                    var smooth = ((original / wave) - low) / (high - low);
                    return wave < original / high ? f : wave > original / low ? f / factor : ((1 - smooth) * f / factor) + (smooth * f);
                })], 1);
            case "longrope":
                var ratio = (double)model.Number("max_position_embeddings") / model.Number("original_max_position_embeddings");
                return ([.. frequencies.Select((f, j) => f / (rope["short_factor"]?[j]?.GetValue<double>() ?? 1))], Math.Sqrt(1 + (Math.Log(ratio) / Math.Log(model.Number("original_max_position_embeddings")))));
            default:
                return (frequencies, 1);
        }
    }

    private void Rotate(double[] heads, int position, (double[] Frequencies, double Factor) rope)
    {
        var half = rope.Frequencies.Length;
        for (var head = 0; head < heads.Length; head += _size)
        {
            for (var j = 0; j < half; j++)
            {
                var (cos, sin) = (Math.Cos(position * rope.Frequencies[j]) * rope.Factor, Math.Sin(position * rope.Frequencies[j]) * rope.Factor);
                var (a, b) = (heads[head + j], heads[head + half + j]);
                (heads[head + j], heads[head + half + j]) = ((a * cos) - (b * sin), (b * cos) + (a * sin));
            }
        }
    }

    private double[] Experts(string name, double[] x)
    {
        var scores = Linear($"{name}.block_sparse_moe.gate", x);
        var chosen = scores.Select((score, expert) => (Score: score, Expert: expert)).OrderByDescending(s => s.Score).Take(model.Number("num_experts_per_tok")).ToList();
        var total = chosen.Sum(s => Math.Exp(s.Score));
        return chosen
            .Select(s => Gated(x, $"{name}.block_sparse_moe.experts.{s.Expert}.w1", $"{name}.block_sparse_moe.experts.{s.Expert}.w3", $"{name}.block_sparse_moe.experts.{s.Expert}.w2").Select(v => v * Math.Exp(s.Score) / total).ToArray())
            .Aggregate(Sum);
    }

    private double[] Gated(double[] x, string gate, string up, string down) =>
        Linear(down, [.. Linear(gate, x).Zip(Linear(up, x), (g, u) => Activate(g) * u)]);

    private double[] GatedPhi3(string name, double[] x)
    {
        var both = Linear($"{name}.mlp.gate_up_proj", x);
        return Linear($"{name}.mlp.down_proj", [.. both[.._feed].Zip(both[_feed..], (g, u) => Activate(g) * u)]);
    }

    private double Activate(double x) => IsGemma ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))) : x / (1 + Math.Exp(-x));

    /// <summary>The exact form; its error function by a series (converges for the values that occur here).</summary>
    private static double Gelu(double x)
    {
        var z = Math.Abs(x) / Math.Sqrt(2);
        if (z > 6)
        {
            return x > 0 ? x : 0;
        }

        var (term, sum) = (z, z);
        for (var n = 1; Math.Abs(term) > 1e-18 * sum && n < 400; n++)
        {
            term *= 2 * z * z / ((2 * n) + 1);
            sum += term;
        }

        var erf = 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum;
        return 0.5 * x * (1 + (x < 0 ? -erf : erf));
    }

    private double[] RmsNorm(string name, double[] x)
    {
        var weight = Values($"{name}.weight");
        var scale = 1 / Math.Sqrt((x.Sum(v => v * v) / x.Length) + Epsilon);
        return [.. x.Select((v, i) => v * scale * (IsGemma ? 1 + weight[i] : weight[i]))];
    }

    private double[] LayerNorm(string name, double[] x)
    {
        var (weight, bias, mean) = (Values($"{name}.weight"), Values($"{name}.bias"), x.Average());
        var scale = 1 / Math.Sqrt((x.Sum(v => (v - mean) * (v - mean)) / x.Length) + Epsilon);
        return [.. x.Select((v, i) => ((v - mean) * scale * weight[i]) + bias[i])];
    }

    private double[] Linear(string name, double[] x)
    {
        var product = Product(Values($"{name}.weight"), x);
        return model.Tensors.ContainsKey($"{name}.bias") ? Sum(product, Values($"{name}.bias")) : product;
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

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private readonly Dictionary<string, double[]> _values = new(StringComparer.Ordinal);

    private double[] Values(string name)
    {
        if (!_values.TryGetValue(name, out var values))
        {
            values = Array.ConvertAll(model.Tensors[name].Values, v => (double)v);
            _values.Add(name, values);
        }

        return values;
    }
}
