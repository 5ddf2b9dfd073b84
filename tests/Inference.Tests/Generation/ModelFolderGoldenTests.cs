using System.Numerics.Tensors;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>Folders of ONNX Runtime GenAI's model builder run as they are; goldens from ONNX Runtime 1.30.0, the fp32 ones equal to torch in all tokens.</summary>
public sealed class ModelFolderGoldenTests
{
    [Theory]
    [InlineData("llama2-fp32", 1e-3f)]
    [InlineData("llama3-fp32", 1e-3f)]
    [InlineData("llama3-int4", 0.05f)]
    [InlineData("phi3-fp32", 1e-3f)]
    [InlineData("qwen2-fp32", 1e-3f)]
    [InlineData("qwen3-fp32", 1e-3f)]
    [InlineData("qwen3-int4", 0.05f)]
    public void Logits_and_tokens_equal_the_golden(string name, float tolerance)
    {
        if (tolerance > 1e-3f && !CpuFeatures.HasVnni)
        {
            tolerance = 0.6f; // 8-bit activations saturate without VNNI
        }

        using Decoder decoder = TinyModel.NewDecoder(name);
        var sequence = new DecoderSequence(decoder);
        foreach (GoldenCase golden in GoldenCase.Read(name))
        {
            sequence.Reset();
            Difference(sequence.Append(golden.Prompt.AsSpan(0, 1)), golden.FirstLogits).ShouldBeLessThan(tolerance);
            sequence.Reset();
            Span<float> logits = sequence.Append(golden.Prompt);
            Difference(logits, golden.LastLogits).ShouldBeLessThan(tolerance);
            for (int i = 0; i < golden.Greedy.Length; i++)
            {
                int best = TensorPrimitives.IndexOfMax<float>(logits);
                if (golden.Margins[i] > tolerance)
                {
                    best.ShouldBe(golden.Greedy[i], $"token {i}");
                }

                logits = sequence.Append([golden.Greedy[i]]);
            }
        }
    }

    [Theory]
    [InlineData("gemma2-fp32-windowed-cache")]
    [InlineData("mistral-fp32-windowed-cache")]
    public void Windowed_caches_are_refused_by_name(string name) =>
        Should.Throw<ModelFolderException>(() => GenAiConfig.Read(TinyModel.Folder(name))).Message.ShouldContain("sliding-window cache");

    [Theory]
    [InlineData("model.onnx")]
    [InlineData("onnx/decoder_model_merged.onnx")]
    public void A_plain_export_runs_without_genai_config(string graph)
    {
        string folder = Directory.CreateTempSubdirectory("plain-").FullName;
        try
        {
            string source = RepositoryFiles.Fixture("tiny-genai/llama3-fp32");
            string target = Path.Combine(folder, graph);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!); // a path with a folder
            File.Copy(Path.Combine(source, "model.onnx"), target);
            File.Copy(Path.Combine(source, "model.onnx.data"), Path.Combine(Path.GetDirectoryName(target)!, "model.onnx.data"));
            File.WriteAllText(Path.Combine(folder, "config.json"), """
                { "architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 512, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 64, "eos_token_id": 1 }
                """);
            ModelFolder plain = ModelFolder.OpenUnlisted(folder);
            using var decoder = new Decoder(plain, GenAiConfig.Read(plain), GenerationModelFixture.Runtime, 512 * TinyModel.BytesPerToken);
            GoldenCase golden = GoldenCase.Read("llama3-fp32")[0];

            Difference(new DecoderSequence(decoder).Append(golden.Prompt), golden.LastLogits).ShouldBeLessThan(1e-3f);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Halves_in_weights_cache_and_logits_run()
    {
        using var folder = new ChangedFolder("llama3-fp32", static (graph, data) => HalfPrecision.Convert(graph, data));
        using var decoder = new Decoder(folder.Folder, GenAiConfig.Read(folder.Folder), GenerationModelFixture.Runtime, 512 * TinyModel.BytesPerToken, sequences: 2);
        decoder.Cache.BytesPerToken.ShouldBe(TinyModel.BytesPerToken / 2);
        foreach (GoldenCase golden in GoldenCase.Read("llama3-fp32"))
        {
            Difference(new DecoderSequence(decoder).Append(golden.Prompt), golden.LastLogits).ShouldBeLessThan(0.05f);
            int length = golden.Prompt.Length;
            decoder.Cache.Move(0, 1, length, discard: false);

            decoder.Step(0, [golden.Greedy[0], golden.Greedy[0]], [length, length]);

            TensorPrimitives.IndexOfMax<float>(decoder.Logits(1)).ShouldBe(golden.Greedy[1]);
            decoder.Logits(1).ToArray().ShouldBe(decoder.Logits(0).ToArray());
        }
    }

    [Fact]
    public void Another_attention_and_merged_decoders_are_refused_by_name()
    {
        using var other = new ChangedFolder("llama3-fp32", static (graph, _) => graph.Node.Where(n => n.OpType == "GroupQueryAttention").ToList().ForEach(n => n.OpType = "MultiHeadAttention"));
        using var merged = new ChangedFolder("llama3-fp32", static (graph, _) => graph.Input.Add(new ValueInfoProto { Name = "use_cache_branch" }));

        Should.Throw<ModelFolderException>(() => Load(other)).Message.ShouldContain("GroupQueryAttention");
        Should.Throw<ModelFolderException>(() => Load(merged)).Message.ShouldContain("use_cache_branch");

        static Decoder Load(ChangedFolder folder) => new(folder.Folder, GenAiConfig.Read(folder.Folder), GenerationModelFixture.Runtime, 512 * TinyModel.BytesPerToken);
    }

    private static float Difference(ReadOnlySpan<float> actual, float[] expected)
    {
        actual.Length.ShouldBe(expected.Length);
        float worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(actual[i] - expected[i]));
        }

        return worst;
    }

    private sealed record GoldenCase(int[] Prompt, float[] FirstLogits, float[] LastLogits, int[] Greedy, float[] Margins)
    {
        public static GoldenCase[] Read(string name)
        {
            using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture($"tiny-genai/{name}/golden.json")));
            return [.. file.RootElement.GetProperty("cases").EnumerateArray().Select(c => new GoldenCase(
                Ints(c.GetProperty("input_ids")), Floats(c.GetProperty("first_logits")), Floats(c.GetProperty("last_logits")), Ints(c.GetProperty("greedy")), Floats(c.GetProperty("greedy_margins"))))];
        }

        private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetInt32())];

        private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetSingle())];
    }
}
