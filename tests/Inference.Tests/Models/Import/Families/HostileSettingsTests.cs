using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Sources;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>Whatever config.json or the keys of a GGUF file say, planning an import ends in a plan or in the declared exception.</summary>
public sealed class HostileSettingsTests : IDisposable
{
    private static readonly string[] s_values =
    [
        "null", "-1", "0", "1", "2", "3", "7", "8", "24", "1000000000", "2147483647", "4294967296", "-2147483648", "1e300", "1e-300", "0.5", "\"\"", "\"x\"", "\"default\"", "\"linear\"", "\"llama3\"",
        "\"longrope\"", "true", "false", "[]", "{}", "[1,2]", "[1e9]", "[\"full_attention\"]", "[\"sliding_attention\",\"full_attention\"]", "[null]", "{\"rope_type\":\"longrope\"}", "{\"full_attention\":{}}",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FamilyGoldenTests.Families), MemberType = typeof(FamilyGoldenTests))]
    public void Settings_of_any_value_are_refused_or_planned(string family)
    {
        var folder = PublishedModel.Fixture(family).WriteFolder(_folder.Sub(family));
        var config = Path.Combine(folder, "config.json");
        var random = new Random(family.Length);
        string[] keys = [.. PublishedModel.Parse(config).Select(entry => entry.Key), "rope_scaling", "original_max_position_embeddings", "partial_rotary_factor", "text_config", "sliding_window", "use_sliding_window", "head_dim", "attention_factor"];
        var original = File.ReadAllText(config);
        var (planned, refused) = (0, 0);
        for (var round = 0; round < 200; round++)
        {
            var mutant = JsonNode.Parse(original) as JsonObject ?? [];
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var target = random.Next(4) == 0 && mutant["rope_parameters"] is JsonObject { Count: > 0 } rope ? rope : mutant;
                var names = ReferenceEquals(target, mutant) ? keys : [.. target.Select(entry => entry.Key), "factor", "short_factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"];
                target[names[random.Next(names.Length)]] = JsonNode.Parse(s_values[random.Next(s_values.Length)]);
            }

            File.WriteAllText(config, mutant.ToJsonString());
            try
            {
                using var source = ModelSource.Open(folder);
                source.Plan(new ModelImportOptions()).Graph.NodeCount.ShouldBeGreaterThan(0);
                planned++;
            }
            catch (ModelImportException)
            {
                refused++;
            }
        }

        planned.ShouldBeGreaterThan(10);
        refused.ShouldBeGreaterThan(50);
    }

    [Theory]
    [InlineData("qwen3")]
    [InlineData("phi3")]
    [InlineData("gemma3")]
    [InlineData("falcon-new")]
    [InlineData("pythia")]
    [InlineData("mixtral")]
    public void Mutated_descriptions_of_gguf_files_are_refused_or_planned(string family)
    {
        var whole = GgufConversion.Of(PublishedModel.Fixture(family)).ToBytes();
        var random = new Random(family.Length);
        var (planned, refused) = (0, 0);
        for (var round = 0; round < 300; round++)
        {
            var mutant = (byte[])whole.Clone();
            for (var change = random.Next(1, 3); change > 0; change--)
            {
                // Keys come first, then 10 KB of tokens, then the tensor infos.
                var at = random.Next(2) == 0 ? random.Next(24, 1_200) : random.Next(24, 20_000);
                mutant[at] = (byte)random.Next(256);
            }

            try
            {
                using var source = ModelSource.Open(_folder.Write("mutant.gguf", mutant));
                source.Plan(new ModelImportOptions()).Graph.NodeCount.ShouldBeGreaterThan(0);
                planned++;
            }
            catch (ModelImportException)
            {
                refused++;
            }
        }

        planned.ShouldBeGreaterThan(5);
        refused.ShouldBeGreaterThan(50);
    }
}
