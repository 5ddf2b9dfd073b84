using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>Names and shapes of a family's tensors, as transformers saves them.</summary>
internal static class FamilyTensors
{
    public static int Number(JsonObject config, string key, int? absent = null) => config[key]?.GetValue<int>() ?? absent ?? throw new KeyNotFoundException(key);

    public static double Real(JsonObject config, string key, double absent) => config[key] is { } value ? value.GetValue<double>() : absent;

    public static bool Flag(JsonObject config, string key, bool absent = false) => config[key]?.GetValue<bool>() ?? absent;

    public static string Type(JsonObject config) => config["model_type"]?.GetValue<string>() ?? throw new KeyNotFoundException("model_type");

    public static bool IsGemma(JsonObject config) => Type(config).StartsWith("gemma", StringComparison.Ordinal);

    public static int Heads(JsonObject config) => Number(config, "num_attention_heads");

    public static int KeyValueHeads(JsonObject config) => Type(config) switch
    {
        "gpt_neox" => Heads(config),
        "falcon" when Flag(config, "new_decoder_architecture") => Number(config, "num_kv_heads"),
        "falcon" => Flag(config, "multi_query", absent: true) ? 1 : Heads(config),
        _ => Number(config, "num_key_value_heads", Heads(config)),
    };

    public static int HeadSize(JsonObject config) => Number(config, "head_dim", Number(config, "hidden_size") / Heads(config));

    public static int FeedForward(JsonObject config) => Number(config, "intermediate_size", Number(config, "ffn_hidden_size", 4 * Number(config, "hidden_size")));

    public static bool TwoNorms(JsonObject config) => Flag(config, "new_decoder_architecture") && Number(config, "num_ln_in_parallel_attn", 2) == 2;

    public static IEnumerable<(string Name, long[] Shape, bool IsNorm)> Of(JsonObject config)
    {
        var (vocabulary, hidden, layers) = (Number(config, "vocab_size"), Number(config, "hidden_size"), Number(config, "num_hidden_layers"));
        var (embedding, norm, head, layer) = Type(config) switch
        {
            "gpt_neox" => ("gpt_neox.embed_in", "gpt_neox.final_layer_norm", "embed_out", "gpt_neox.layers"),
            "falcon" => ("transformer.word_embeddings", "transformer.ln_f", "lm_head", "transformer.h"),
            _ => ("model.embed_tokens", "model.norm", "lm_head", "model.layers"),
        };
        yield return ($"{embedding}.weight", [vocabulary, hidden], false);
        for (var i = 0; i < layers; i++)
        {
            foreach (var (name, shape, isNorm) in Layer(config))
            {
                yield return ($"{layer}.{i}.{name}", shape, isNorm);
            }
        }

        yield return ($"{norm}.weight", [hidden], true);
        if (norm is not "model.norm")
        {
            yield return ($"{norm}.bias", [hidden], false);
        }

        if (!Flag(config, "tie_word_embeddings"))
        {
            yield return ($"{head}.weight", [vocabulary, hidden], false);
        }
    }

    private static IEnumerable<(string Name, long[] Shape, bool IsNorm)> Layer(JsonObject config)
    {
        long hidden = Number(config, "hidden_size"), size = HeadSize(config), feed = FeedForward(config);
        long q = Heads(config) * size, kv = KeyValueHeads(config) * size;
        return Type(config) switch
        {
            "gpt_neox" =>
            [
                .. LayerNorm("input_layernorm"), .. LayerNorm("post_attention_layernorm"),
                .. Linear("attention.query_key_value", 3 * q, hidden, Flag(config, "attention_bias", absent: true)),
                .. Linear("attention.dense", hidden, q, Flag(config, "attention_bias", absent: true)),
                .. Linear("mlp.dense_h_to_4h", feed, hidden, true), .. Linear("mlp.dense_4h_to_h", hidden, feed, true),
            ],
            "falcon" =>
            [
                .. TwoNorms(config) ? [.. LayerNorm("ln_attn"), .. LayerNorm("ln_mlp")] : LayerNorm("input_layernorm"),
                .. Linear("self_attention.query_key_value", q + (2 * kv), hidden, Flag(config, "bias")), .. Linear("self_attention.dense", hidden, q, Flag(config, "bias")),
                .. Linear("mlp.dense_h_to_4h", feed, hidden, Flag(config, "bias")), .. Linear("mlp.dense_4h_to_h", hidden, feed, Flag(config, "bias")),
            ],
            var type => [.. Norms(type), .. Attention(type), .. FeedForwardOf(type)],
        };

        IEnumerable<(string, long[], bool)> Norms(string type)
        {
            string[] names = IsGemma(config)
                ? ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"]
                : ["input_layernorm", "post_attention_layernorm"];
            foreach (var name in names)
            {
                yield return ($"{name}.weight", [hidden], true);
            }

            if (type is "qwen3" or "gemma3_text")
            {
                yield return ("self_attn.q_norm.weight", [size], true);
                yield return ("self_attn.k_norm.weight", [size], true);
            }
        }

        IEnumerable<(string, long[], bool)> Attention(string type)
        {
            var bias = Flag(config, "attention_bias");
            return type is "phi3"
                ? [.. Linear("self_attn.qkv_proj", q + (2 * kv), hidden, false), .. Linear("self_attn.o_proj", hidden, q, false)]
                :
                [
                    .. Linear("self_attn.q_proj", q, hidden, bias || type is "qwen2"), .. Linear("self_attn.k_proj", kv, hidden, bias || type is "qwen2"),
                    .. Linear("self_attn.v_proj", kv, hidden, bias || type is "qwen2"), .. Linear("self_attn.o_proj", hidden, q, bias),
                ];
        }

        IEnumerable<(string, long[], bool)> FeedForwardOf(string type)
        {
            var bias = Flag(config, "mlp_bias");
            return type switch
            {
                "phi3" => [.. Linear("mlp.gate_up_proj", 2 * feed, hidden, false), .. Linear("mlp.down_proj", hidden, feed, false)],
                "mixtral" =>
                [
                    .. Linear("block_sparse_moe.gate", Number(config, "num_local_experts"), hidden, false),
                    .. Enumerable.Range(0, Number(config, "num_local_experts")).SelectMany(e => (IEnumerable<(string, long[], bool)>)
                    [
                        .. Linear($"block_sparse_moe.experts.{e}.w1", feed, hidden, false), .. Linear($"block_sparse_moe.experts.{e}.w3", feed, hidden, false),
                        .. Linear($"block_sparse_moe.experts.{e}.w2", hidden, feed, false),
                    ]),
                ],
                _ => [.. Linear("mlp.gate_proj", feed, hidden, bias), .. Linear("mlp.up_proj", feed, hidden, bias), .. Linear("mlp.down_proj", hidden, feed, bias)],
            };
        }

        IEnumerable<(string, long[], bool)> LayerNorm(string name) => [($"{name}.weight", [hidden], true), ($"{name}.bias", [hidden], false)];

        static IEnumerable<(string, long[], bool)> Linear(string name, long rows, long columns, bool bias) =>
            bias ? [($"{name}.weight", [rows, columns], false), ($"{name}.bias", [rows], false)] : [($"{name}.weight", [rows, columns], false)];
    }
}
