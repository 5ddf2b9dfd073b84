using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>
/// Writes a published model as GGUF the way llama.cpp's converter does: its names, rows of q and k interleaved for llama, norms of Gemma with one added, packed
/// products as Q above K above V. F32.
/// </summary>
internal static class GgufConversion
{
    /// <param name="model">The model.</param>
    /// <param name="stackExperts">False: as older converters wrote them, one tensor an expert.</param>
    /// <param name="fuseAttention">An option of the converter: q, k and v of llama in one tensor.</param>
    public static GgufWriter Of(PublishedModel model, bool stackExperts = true, bool fuseAttention = false)
    {
        var writer = Metadata(model);
        var tensors = Tensors(model, stackExperts).ToList();
        foreach (var (name, dimensions, values) in fuseAttention ? Fused(tensors) : tensors)
        {
            writer.Tensor(name, dimensions, 0, MemoryMarshal.AsBytes<float>(values).ToArray());
        }

        return writer;
    }

    /// <summary>model-00001-of-0000N.gguf …: all metadata in the first part, as the splitting tool does it.</summary>
    public static void WriteSplit(PublishedModel model, string folder, int parts)
    {
        var tensors = Tensors(model, stackExperts: true).ToList();
        for (var part = 0; part < parts; part++)
        {
            var writer = (part == 0 ? Metadata(model) : new GgufWriter())
                .Key("split.no", 2, w => w.Write((ushort)part)).Key("split.count", 2, w => w.Write((ushort)parts)).Key("split.tensors.count", 5, w => w.Write(tensors.Count));
            foreach (var (name, dimensions, values) in tensors.Where((_, i) => i % parts == part))
            {
                writer.Tensor(name, dimensions, 0, MemoryMarshal.AsBytes<float>(values).ToArray());
            }

            File.WriteAllBytes(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"model-{part + 1:D5}-of-{parts:D5}.gguf")), writer.ToBytes());
        }
    }

    private static string Architecture(JsonObject config) => FamilyTensors.Type(config) switch
    {
        "mistral" or "mixtral" => "llama",
        "gpt_neox" => "gptneox",
        "gemma3_text" => "gemma3",
        var same => same,
    };

    private static GgufWriter Metadata(PublishedModel model)
    {
        var (config, arch) = (model.Config, Architecture(model.Config));
        var type = FamilyTensors.Type(config);
        var (heads, size, hidden) = (FamilyTensors.Heads(config), FamilyTensors.HeadSize(config), model.Number("hidden_size"));
        var rope = config["rope_parameters"] as JsonObject ?? [];
        var full = rope["full_attention"] as JsonObject ?? rope;
        var writer = new GgufWriter()
            .Text("general.architecture", arch)
            .Number($"{arch}.block_count", (uint)model.Number("num_hidden_layers"))
            .Number($"{arch}.context_length", (uint)model.Number("max_position_embeddings"))
            .Number($"{arch}.embedding_length", (uint)hidden)
            .Number($"{arch}.feed_forward_length", (uint)FamilyTensors.FeedForward(config))
            .Number($"{arch}.attention.head_count", (uint)heads);
        var epsilon = type switch { "gpt_neox" => "layer_norm_eps", "falcon" => "layer_norm_epsilon", _ => "rms_norm_eps" };
        writer.Real($"{arch}.attention.{(type is "gpt_neox" or "falcon" ? "layer_norm_epsilon" : "layer_norm_rms_epsilon")}", (float)FamilyTensors.Real(config, epsilon, 1e-5));
        if (type is not "gpt_neox")
        {
            writer.Number($"{arch}.attention.head_count_kv", (uint)FamilyTensors.KeyValueHeads(config));
        }

        if (type is "qwen3" or "gemma2" or "gemma3_text" || (arch is "llama" && size * heads != hidden))
        {
            writer.Number($"{arch}.attention.key_length", (uint)size).Number($"{arch}.attention.value_length", (uint)size);
        }

        if (type is not ("gpt_neox" or "falcon" or "gemma2"))
        {
            writer.Real($"{arch}.rope.freq_base", (float)FamilyTensors.Real(full, "rope_theta", 10_000));
        }

        if (type is "gpt_neox" or "phi3" || arch is "llama")
        {
            writer.Number($"{arch}.rope.dimension_count", (uint)(size * FamilyTensors.Real(full, "partial_rotary_factor", 1)));
        }

        if (full["rope_type"]?.GetValue<string>() is "linear")
        {
            writer.Text($"{arch}.rope.scaling.type", "linear").Real($"{arch}.rope.scaling.factor", (float)FamilyTensors.Real(full, "factor", 1));
        }

        if (full["rope_type"]?.GetValue<string>() is "longrope")
        {
            var (most, original) = ((double)model.Number("max_position_embeddings"), model.Number("original_max_position_embeddings"));
            writer.Number($"{arch}.rope.scaling.original_context_length", (uint)original)
                .Real($"{arch}.rope.scaling.attn_factor", (float)Math.Sqrt(1 + (Math.Log(most / original) / Math.Log(original))));
        }

        if (config["sliding_window"] is { } window && (type is "gemma2" or "gemma3_text" or "phi3" || config["write_window"] is not null))
        {
            writer.Number($"{arch}.attention.sliding_window", window.GetValue<uint>());
        }

        switch (type)
        {
            case "gemma2":
                writer.Real("gemma2.attn_logit_softcapping", (float)FamilyTensors.Real(config, "attn_logit_softcapping", 50)).Real("gemma2.final_logit_softcapping", (float)FamilyTensors.Real(config, "final_logit_softcapping", 30));
                break;
            case "mixtral":
                writer.Number("llama.expert_count", (uint)model.Number("num_local_experts")).Number("llama.expert_used_count", (uint)model.Number("num_experts_per_tok"));
                break;
            case "gpt_neox":
                writer.Flag("gptneox.use_parallel_residual", FamilyTensors.Flag(config, "use_parallel_residual", absent: true) ? (byte)1 : (byte)0);
                break;
            case "falcon":
                writer.Text("falcon.tensor_data_layout", "jploski");
                break;
        }

        return Tokenizer(writer);
    }

    private static GgufWriter Tokenizer(GgufWriter writer)
    {
        using var tokenizer = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(PublishedModel.FixtureFolder("llama2"), "tokenizer.json")));
        var tokens = tokenizer.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().OrderBy(t => t.Value.GetInt32()).Select(t => t.Name).ToList();
        var merges = tokenizer.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(m => m.ValueKind == JsonValueKind.String ? m.GetString() ?? "" : $"{m[0].GetString()} {m[1].GetString()}").ToList();
        return writer
            .Text("tokenizer.ggml.model", "gpt2")
            .Text("tokenizer.ggml.pre", "gpt-2")
            .Texts("tokenizer.ggml.tokens", tokens)
            .Numbers("tokenizer.ggml.token_type", [.. tokens.Select((_, id) => id < 3 ? 3 : 1)])
            .Texts("tokenizer.ggml.merges", merges)
            .Number("tokenizer.ggml.bos_token_id", 0)
            .Number("tokenizer.ggml.eos_token_id", 1);
    }

    private static IEnumerable<(string Name, ulong[] Dimensions, float[] Values)> Tensors(PublishedModel model, bool stackExperts)
    {
        var config = model.Config;
        var type = FamilyTensors.Type(config);
        var isLlama = Architecture(config) is "llama";
        var size = FamilyTensors.HeadSize(config);
        foreach (var (published, tensor) in model.Tensors)
        {
            if (published.Contains(".experts.", StringComparison.Ordinal))
            {
                continue;
            }

            var name = Name(published, config);
            var values = tensor.Values;
            if (isLlama && (name.Contains(".attn_q.", StringComparison.Ordinal) || name.Contains(".attn_k.", StringComparison.Ordinal)))
            {
                values = Interleave(values, size, (int)(tensor.Shape.Length == 2 ? tensor.Shape[1] : 1));
            }

            if (name.Contains(".attn_qkv.", StringComparison.Ordinal) && IsGrouped(config))
            {
                values = Ungroup(values, config, (int)(tensor.Shape.Length == 2 ? tensor.Shape[1] : 1));
            }

            if (FamilyTensors.IsGemma(config) && name.EndsWith("norm.weight", StringComparison.Ordinal))
            {
                values = [.. values.Select(v => v + 1)];
            }

            yield return (name, [.. tensor.Shape.Reverse().Select(d => (ulong)d)], values);
        }

        for (var layer = 0; type is "mixtral" && layer < model.Number("num_hidden_layers"); layer++)
        {
            foreach (var (part, target) in new[] { ("w1", "ffn_gate"), ("w3", "ffn_up"), ("w2", "ffn_down") })
            {
                var experts = Enumerable.Range(0, model.Number("num_local_experts")).Select(e => model.Tensors[$"model.layers.{layer}.block_sparse_moe.experts.{e}.{part}.weight"]).ToList();
                ulong[] one = [(ulong)experts[0].Shape[1], (ulong)experts[0].Shape[0]];
                if (stackExperts)
                {
                    yield return ($"blk.{layer}.{target}_exps.weight", [.. one, (ulong)experts.Count], [.. experts.SelectMany(e => e.Values)]);
                    continue;
                }

                for (var expert = 0; expert < experts.Count; expert++)
                {
                    yield return ($"blk.{layer}.{target}.{expert}.weight", one, experts[expert].Values);
                }
            }
        }

        if (config["rope_parameters"] is JsonObject rope)
        {
            switch (rope["rope_type"]?.GetValue<string>())
            {
                case "llama3":
                    yield return ("rope_freqs.weight", [(ulong)size / 2], Llama3Divisors(rope, size));
                    break;
                case "longrope":
                    foreach (var table in new[] { "short", "long" })
                    {
                        float[] factors = [.. rope[$"{table}_factor"]?.AsArray().Select(f => f?.GetValue<float>() ?? 1) ?? []];
                        yield return ($"rope_factors_{table}.weight", [(ulong)factors.Length], factors);
                    }

                    break;
            }
        }
    }

    private static IEnumerable<(string Name, ulong[] Dimensions, float[] Values)> Fused(List<(string Name, ulong[] Dimensions, float[] Values)> tensors)
    {
        foreach (var tensor in tensors.Where(t => !t.Name.Contains(".attn_k.", StringComparison.Ordinal) && !t.Name.Contains(".attn_v.", StringComparison.Ordinal)))
        {
            if (!tensor.Name.Contains(".attn_q.", StringComparison.Ordinal))
            {
                yield return tensor;
                continue;
            }

            float[] values = [.. tensor.Values, .. Part("attn_k"), .. Part("attn_v")];
            var columns = tensor.Dimensions[0];
            yield return (tensor.Name.Replace("attn_q", "attn_qkv", StringComparison.Ordinal), [columns, (ulong)values.Length / columns], values);

            float[] Part(string part) => tensors.Single(t => string.Equals(t.Name, tensor.Name.Replace("attn_q", part, StringComparison.Ordinal), StringComparison.Ordinal)).Values;
        }
    }

    private static bool IsGrouped(JsonObject config) => FamilyTensors.Type(config) is "gpt_neox"
        || (FamilyTensors.Type(config) is "falcon" && (FamilyTensors.Flag(config, "new_decoder_architecture") || !FamilyTensors.Flag(config, "multi_query", absent: true)));

    /// <summary>Row 2i + j of a head comes from row j · half + i.</summary>
    private static float[] Interleave(float[] values, int size, int columns)
    {
        var moved = new float[values.Length];
        for (var row = 0; row < values.Length / columns; row++)
        {
            var (head, inside) = (row / size * size, row % size);
            var source = head + (inside % 2 * (size / 2)) + (inside / 2);
            Array.Copy(values, source * columns, moved, row * columns, columns);
        }

        return moved;
    }

    private static float[] Ungroup(float[] values, JsonObject config, int columns)
    {
        var queries = FamilyTensors.Heads(config) / FamilyTensors.KeyValueHeads(config);
        var groups = values.Chunk((queries + 2) * FamilyTensors.HeadSize(config) * columns).ToList();
        var one = FamilyTensors.HeadSize(config) * columns;
        return [.. groups.SelectMany(g => g[..(queries * one)]), .. groups.SelectMany(g => g[(queries * one)..((queries + 1) * one)]), .. groups.SelectMany(g => g[((queries + 1) * one)..])];
    }

    private static float[] Llama3Divisors(JsonObject rope, int size)
    {
        var (factor, low, high, original, theta) = (FamilyTensors.Real(rope, "factor", 1), FamilyTensors.Real(rope, "low_freq_factor", 1), FamilyTensors.Real(rope, "high_freq_factor", 4), FamilyTensors.Real(rope, "original_max_position_embeddings", 0), FamilyTensors.Real(rope, "rope_theta", 10_000));
        return
        [
            .. Enumerable.Range(0, size / 2).Select(j =>
            {
                var wave = 2 * Math.PI * Math.Pow(theta, 2.0 * j / size);
                var smooth = ((original / wave) - low) / (high - low);
                return (float)(wave < original / high ? 1 : wave > original / low ? factor : 1 / (((1 - smooth) / factor) + smooth));
            }),
        ];
    }

    private static string Name(string published, JsonObject config)
    {
        var parts = published.Split('.');
        var number = Array.FindIndex(parts, part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        var (stem, suffix) = (string.Join('.', parts[(number < 0 ? 0 : number + 1)..^1]), parts[^1]);
        var gemma = FamilyTensors.IsGemma(config);
        var renamed = stem switch
        {
            "model.embed_tokens" or "gpt_neox.embed_in" or "transformer.word_embeddings" => "token_embd",
            "model.norm" or "gpt_neox.final_layer_norm" or "transformer.ln_f" => "output_norm",
            "lm_head" or "embed_out" => "output",
            "input_layernorm" => "attn_norm",
            "ln_attn" => "attn_norm_2",
            "ln_mlp" => "attn_norm",
            "post_attention_layernorm" => gemma ? "post_attention_norm" : "ffn_norm",
            "pre_feedforward_layernorm" => "ffn_norm",
            "post_feedforward_layernorm" => "post_ffw_norm",
            "self_attn.q_proj" => "attn_q",
            "self_attn.k_proj" => "attn_k",
            "self_attn.v_proj" => "attn_v",
            "self_attn.q_norm" => "attn_q_norm",
            "self_attn.k_norm" => "attn_k_norm",
            "self_attn.qkv_proj" or "attention.query_key_value" or "self_attention.query_key_value" => "attn_qkv",
            "self_attn.o_proj" or "attention.dense" or "self_attention.dense" => "attn_output",
            "mlp.gate_proj" => "ffn_gate",
            "mlp.up_proj" or "mlp.gate_up_proj" or "mlp.dense_h_to_4h" => "ffn_up",
            "mlp.down_proj" or "mlp.dense_4h_to_h" => "ffn_down",
            "block_sparse_moe.gate" => "ffn_gate_inp",
            _ => throw new ArgumentOutOfRangeException(nameof(published), published, "no name in GGUF"),
        };
        return number < 0 ? $"{renamed}.{suffix}" : $"blk.{parts[number]}.{renamed}.{suffix}";
    }
}
