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
        Read($$"""{ "model": { "type": "phi3", "context_length": 131072, "eos_token_id": 2, "decoder": { {{Decoder}} } } }""").ContextLength.ShouldBe(4_096);

    [Theory]
    [InlineData("\"decoder\": { \"sliding_window\": { \"window_size\": 24 } }", "sliding-window cache")]
    [InlineData("\"decoder\": { \"pipeline\": [] }", "pipeline")]
    [InlineData("\"vision\": {}, \"decoder\": {}", "vision")]
    [InlineData("\"decoder\": {}", "genai_config.json")]
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
