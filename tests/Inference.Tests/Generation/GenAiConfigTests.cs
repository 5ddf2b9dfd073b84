using System.Security.Cryptography;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Registry;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class GenAiConfigTests : IDisposable
{
    private const string Decoder = "\"num_hidden_layers\": 2, \"num_key_value_heads\": 1, \"head_size\": 16";

    private readonly string _folder = Directory.CreateTempSubdirectory("genai-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Names_and_search_settings_default_as_in_GenAI()
    {
        GenAiConfig config = Read($$"""{ "model": { "type": "llama", "context_length": 512, "eos_token_id": 2, "decoder": { {{Decoder}} } } }""");

        config.FileName.ShouldBe("model.onnx");
        config.EndOfText.ShouldBe([2]);
        GenAiConfig.Layer(config.PastKey, 1).ShouldBe("past_key_values.1.key");
        config.Search.ShouldBe(new SearchDefaults(false, 1, 50, 1, 1));
    }

    [Fact]
    public void Configured_names_and_several_ends_are_read()
    {
        GenAiConfig config = Read($$"""
            { "model": { "type": "llama", "context_length": 512, "eos_token_id": [2, 3],
                "decoder": { {{Decoder}}, "filename": "m.onnx", "inputs": { "past_key_names": "k_%d" }, "outputs": { "logits": "scores" } } },
              "search": { "do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.9, "repetition_penalty": 1.1 } }
            """);

        config.FileName.ShouldBe("m.onnx");
        config.EndOfText.ShouldBe([2, 3]);
        GenAiConfig.Layer(config.PastKey, 0).ShouldBe("k_0");
        config.Logits.ShouldBe("scores");
        config.Search.ShouldBe(new SearchDefaults(true, 0.7f, 20, 0.9f, 1.1f));
    }

    [Fact]
    public void Models_with_two_rotation_tables_end_where_the_second_would_begin() =>
        Read($$"""{ "model": { "type": "phi3", "context_length": 131072, "eos_token_id": 2, "decoder": { {{Decoder}} } } }""")
            .ShouldSatisfyAllConditions(c => c.ContextLength.ShouldBe(4_096), c => c.Notice.ShouldNotBeNull().ShouldContain("4,096 tokens instead of 131,072"));

    [Fact]
    public void Threads_and_harmless_session_settings_are_taken_and_others_left()
    {
        GenAiConfig config = Read($$"""
            { "model": { "type": "llama", "context_length": 512, "eos_token_id": 2, "decoder": { {{Decoder}}, "session_options": {
                "intra_op_num_threads": 3, "session.set_denormal_as_zero": "1", "session.model_external_initializers_file_folder_path": "/etc", "provider_options": [ { "cuda": {} } ] } } } }
            """);

        config.Threads.ShouldBe(3);
        config.SessionEntries.ShouldBe(new Dictionary<string, string> { ["session.set_denormal_as_zero"] = "1" });
        config.NeedsCuda.ShouldBeTrue();
    }

    [Theory]
    [InlineData("past_key_values.%d.key", "past_key_values.11.key", 11)]
    [InlineData("past_key_values.%d.key", "past_key_values.11.value", null)]
    [InlineData("past_key_values.%d.key", "past_key_values..key", null)]
    [InlineData("past_key_values.%d.key", "past_key_values.1x.key", null)]
    [InlineData("k_%d", "k_0", 0)]
    public void Layers_are_counted_by_the_names_of_their_caches(string pattern, string name, int? layer) => GenAiConfig.LayerOf(pattern, name).ShouldBe(layer);

    [Theory]
    [InlineData("\"decoder\": { \"sliding_window\": { \"window_size\": 24 } }", "sliding-window cache")]
    [InlineData("\"decoder\": { \"pipeline\": [] }", "pipeline")]
    [InlineData("\"vision\": {}, \"decoder\": {}", "vision")]
    [InlineData("\"decoder\": { \"inputs\": { \"inputs_embeds\": \"inputs_embeds\" } }", "inputs_embeds")]
    [InlineData("\"decoder\": { \"inputs\": { \"encoder_hidden_states\": \"e\" } }", "encoder_hidden_states")]
    [InlineData("\"decoder\": { \"session_options\": { \"custom_ops_library\": \"x.so\" } }", "native code")]
    [InlineData("\"decoder\": { \"session_options\": { \"provider_options\": [ { \"DML\": {} } ] } }", "'dml'")]
    [InlineData("\"encoder\": {}, \"decoder\": {}", "encoder")]
    [InlineData("\"context_length\": \"long\", \"decoder\": {}", "genai_config.json")]
    public void What_would_run_wrongly_is_refused_by_name(string part, string reason) =>
        Should.Throw<ModelFolderException>(() => Read($$"""{ "model": { "type": "llama", "context_length": 512, "eos_token_id": 2, {{part}} } }""")).Message.ShouldContain(reason);

    private GenAiConfig Read(string json)
    {
        string path = Path.Combine(_folder, "genai_config.json");
        File.WriteAllText(path, json);
        File.WriteAllText(Path.Combine(_folder, "SHA256SUMS"), $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}  genai_config.json\n");
        return GenAiConfig.Read(ModelFolder.Open(_folder));
    }
}
