using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>Sizes and switches that the golden models do not have, with random weights, from both forms, against the same weights computed in doubles.</summary>
public sealed class OtherShapesTests : IDisposable
{
    private const int Vocabulary = 512;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Name and the settings on top of the family's plain ones.</summary>
    public static TheoryData<string, string, string> Shapes => new()
    {
        { "llama", "grouped, tied, one key head", """{"num_key_value_heads":1,"tie_word_embeddings":true}""" },
        { "llama", "biases and linear scaling", """{"attention_bias":true,"mlp_bias":true,"rope_parameters":{"rope_type":"linear","factor":4.0,"rope_theta":10000.0}}""" },
        { "llama", "heads of 24, rotated outside", """{"num_attention_heads":4,"num_key_value_heads":2,"hidden_size":96,"head_dim":24}""" },
        { "llama", "heads of 8 with biases", """{"num_attention_heads":8,"num_key_value_heads":8,"head_dim":8,"attention_bias":true}""" },
        { "llama", "heads larger than the hidden size by their number", """{"head_dim":32,"num_hidden_layers":3}""" },
        { "llama", "llama3 scaling with a part between", """{"rope_parameters":{"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":32,"rope_theta":500000.0}}""" },
        { "llama", "one layer, six heads", """{"num_hidden_layers":1,"num_attention_heads":6,"num_key_value_heads":3,"hidden_size":96}""" },
        { "mistral", "no window", """{"sliding_window":null,"head_dim":32}""" },
        { "mistral", "window of 5, heads of 8", """{"sliding_window":5,"write_window":true,"head_dim":8}""" },
        { "mixtral", "eight experts, three used", """{"num_local_experts":8,"num_experts_per_tok":3}""" },
        { "mixtral", "a window, one expert used", """{"sliding_window":7,"write_window":true,"num_experts_per_tok":1,"tie_word_embeddings":true}""" },
        { "qwen2", "untied, heads of 32", """{"tie_word_embeddings":false,"num_attention_heads":2,"num_key_value_heads":1}""" },
        { "qwen2", "heads of 24", """{"hidden_size":96,"num_attention_heads":4,"num_key_value_heads":2}""" },
        { "qwen3", "heads of 24, normalised and rotated outside", """{"head_dim":24}""" },
        { "qwen3", "heads of 64, untied", """{"head_dim":64,"num_attention_heads":2,"num_key_value_heads":1,"tie_word_embeddings":false}""" },
        { "phi3", "three quarters of heads of 32", """{"num_attention_heads":2,"num_key_value_heads":1,"rope_parameters":{"rope_theta":10000.0,"partial_rotary_factor":0.75}}""" },
        { "phi3", "a window", """{"sliding_window":9}""" },
        { "phi3", "longrope with a part of each head", """{"num_attention_heads":2,"num_key_value_heads":2,"max_position_embeddings":256,"original_max_position_embeddings":64,"rope_parameters":{"rope_type":"longrope","rope_theta":10000.0,"partial_rotary_factor":0.5,"short_factor":[1.0,1.1,1.2,1.3,1.5,1.7,2.0,2.5],"long_factor":[1,2,3,4,5,6,7,8]}}""" },
        { "gemma2", "caps that bite, scores scaled by another size", """{"attn_logit_softcapping":1.5,"final_logit_softcapping":2.0,"query_pre_attn_scalar":32,"sliding_window":6,"num_attention_heads":2,"num_key_value_heads":1,"head_dim":32}""" },
        { "gemma2", "hidden size of 96", """{"hidden_size":96,"num_key_value_heads":4}""" },
        { "gemma3_text", "linear scaling of the full layers", """{"rope_parameters":{"full_attention":{"rope_type":"linear","factor":8.0,"rope_theta":1000000.0},"sliding_attention":{"rope_type":"default","rope_theta":10000.0}},"sliding_window":4}""" },
        { "gemma3_text", "heads of 8", """{"head_dim":8,"query_pre_attn_scalar":8}""" },
        { "gpt_neox", "one half after the other", """{"use_parallel_residual":false}""" },
        { "gpt_neox", "a quarter of heads of 80", """{"hidden_size":160,"num_attention_heads":2}""" },
        { "gpt_neox", "a quarter of heads of 64", """{"hidden_size":128,"num_attention_heads":2,"tie_word_embeddings":true}""" },
        { "gpt_neox", "a quarter of heads of 24, rotated outside", """{"hidden_size":96,"num_attention_heads":4,"rope_parameters":{"rope_theta":10000.0,"partial_rotary_factor":0.25}}""" },
        { "gpt_neox", "whole heads, no attention biases", """{"attention_bias":false,"rope_parameters":{"rope_theta":10000.0,"partial_rotary_factor":1.0}}""" },
        { "falcon", "11B: groups, one norm", """{"new_decoder_architecture":true,"multi_query":false,"num_kv_heads":2,"num_ln_in_parallel_attn":1,"tie_word_embeddings":false}""" },
        { "falcon", "40B: groups, two norms", """{"new_decoder_architecture":true,"multi_query":false,"num_kv_heads":2,"ffn_hidden_size":96}""" },
        { "falcon", "every head a key, biases", """{"multi_query":false,"bias":true}""" },
        { "falcon", "7B with heads of 8", """{"num_attention_heads":8}""" },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_shape_gives_the_same_logits_from_both_forms(string type, string shape, string settings)
    {
        shape.ShouldNotBeEmpty();
        var model = PublishedModel.Random(Config(type, settings), seed: 11);
        int[] ids = [.. Enumerable.Range(0, 26).Select(i => ((i * 67) + 13) % Vocabulary)];
        var expected = new ReferenceDecoder(model).Logits(ids);
        expected[^1].Max().ShouldBeGreaterThan(0.1); // not a model that gives nothing

        Compare(expected, ids, await Import(model.WriteFolder(_folder.Sub("published")), "from-folder"));
        Compare(expected, ids, await Import(_folder.Write("model.gguf", GgufConversion.Of(model).ToBytes()), "from-gguf"));
    }

    [Theory]
    [InlineData("qwen2", """{"use_sliding_window":true,"sliding_window":5,"layer_types":["full_attention","sliding_attention"]}""")]
    [InlineData("qwen3", """{"use_sliding_window":true,"sliding_window":5,"layer_types":["sliding_attention","full_attention"],"attention_bias":true}""")]
    public async Task What_gguf_cannot_say_is_read_from_folders(string type, string settings)
    {
        var model = PublishedModel.Random(Config(type, settings), seed: 12);
        int[] ids = [.. Enumerable.Range(0, 20).Select(i => ((i * 91) + 7) % Vocabulary)];

        Compare(new ReferenceDecoder(model).Logits(ids), ids, await Import(model.WriteFolder(_folder.Sub("published")), "imported"));
    }

    private static JsonObject Config(string type, string settings)
    {
        var config = new JsonObject
        {
            ["model_type"] = type, ["vocab_size"] = Vocabulary, ["hidden_size"] = 64, ["num_hidden_layers"] = 2, ["num_attention_heads"] = 4, ["max_position_embeddings"] = 128,
            ["eos_token_id"] = 1, ["rope_parameters"] = new JsonObject { ["rope_theta"] = 10_000.0, ["rope_type"] = "default" }, ["tie_word_embeddings"] = false,
        };
        string family = type switch
        {
            "gpt_neox" => """{"intermediate_size":128,"layer_norm_eps":1e-5,"hidden_act":"gelu","rope_parameters":{"rope_theta":10000.0,"partial_rotary_factor":0.25}}""",
            "falcon" => """{"layer_norm_epsilon":1e-5,"multi_query":true,"num_kv_heads":4,"tie_word_embeddings":true}""",
            "mixtral" => """{"intermediate_size":64,"num_key_value_heads":2,"rms_norm_eps":1e-5,"num_local_experts":4,"num_experts_per_tok":2}""",
            "gemma2" => """{"intermediate_size":128,"num_key_value_heads":2,"head_dim":16,"rms_norm_eps":1e-6,"query_pre_attn_scalar":16,"attn_logit_softcapping":50.0,"final_logit_softcapping":30.0,"sliding_window":12,"layer_types":["sliding_attention","full_attention"],"tie_word_embeddings":true}""",
            "gemma3_text" => """{"num_hidden_layers":6,"intermediate_size":96,"num_key_value_heads":2,"head_dim":16,"rms_norm_eps":1e-6,"query_pre_attn_scalar":16,"sliding_window":12,"layer_types":["sliding_attention","sliding_attention","sliding_attention","sliding_attention","sliding_attention","full_attention"],"rope_parameters":{"full_attention":{"rope_theta":1000000.0},"sliding_attention":{"rope_theta":10000.0}},"tie_word_embeddings":true}""",
            "qwen3" => """{"intermediate_size":128,"num_key_value_heads":2,"head_dim":32,"rms_norm_eps":1e-6,"tie_word_embeddings":true}""",
            _ => """{"intermediate_size":128,"num_key_value_heads":2,"rms_norm_eps":1e-5}""",
        };
        foreach (var change in new[] { family, settings })
        {
            foreach (var (key, value) in JsonNode.Parse(change) as JsonObject ?? [])
            {
                config[key] = value?.DeepClone();
            }
        }

        return config;
    }

    private static void Compare(double[][] expected, int[] ids, ModelFolder folder)
    {
        using var decoder = new Decoder(folder, GenAiConfig.Read(folder), new InferenceRuntime(Options.Create(new RuntimeOptions { Threads = 1 }), NullLogger<InferenceRuntime>.Instance), 64 << 20);
        var sequence = new DecoderSequence(decoder);
        for (var position = 0; position < ids.Length; position++)
        {
            Largest(expected[position], sequence.Append(ids.AsSpan(position, 1))).ShouldBeLessThan(2e-4, $"position {position}");
        }

        sequence.Reset();
        Largest(expected[^1], sequence.Append(ids)).ShouldBeLessThan(2e-4, "prompt in one run");
    }

    private static double Largest(double[] expected, ReadOnlySpan<float> logits)
    {
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i] - logits[i]));
        }

        return largest;
    }

    private Task<ModelFolder> Import(string source, string name) =>
        ModelImporter.ImportAsync(source, _folder.Sub(name), new ModelImportOptions { Bits = WeightBits.Full }, null, TestContext.Current.CancellationToken);
}
