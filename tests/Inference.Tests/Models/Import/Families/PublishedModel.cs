using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Tests.Models.Import.HuggingFace;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>Values in row order, slowest dimension first.</summary>
internal sealed record PublishedTensor(long[] Shape, float[] Values);

/// <summary>A decoder as published in a Hugging Face folder, in memory: read from a fixture or made with random weights, changed by a test, written in either form.</summary>
internal sealed record PublishedModel(JsonObject Config, IReadOnlyDictionary<string, PublishedTensor> Tensors)
{
    private static readonly string[] s_sideFiles = ["tokenizer.json", "tokenizer_config.json", "generation_config.json"];

    public static string FixtureFolder(string family) => RepositoryFiles.Fixture($"models/tiny/{family}");

    public static PublishedModel Fixture(string family)
    {
        var folder = FixtureFolder(family);
        var bytes = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
        var headerLength = (int)BitConverter.ToUInt64(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        var data = bytes.AsSpan(8 + headerLength);
        var tensors = new Dictionary<string, PublishedTensor>(StringComparer.Ordinal);
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => !entry.NameEquals("__metadata__")))
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            var values = MemoryMarshal.Cast<byte, float>(data[offsets[0].GetInt32()..offsets[1].GetInt32()]).ToArray();
            tensors.Add(entry.Name, new PublishedTensor([.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())], values));
        }

        return new PublishedModel(Parse(Path.Combine(folder, "config.json")), tensors);
    }

    /// <summary>Random weights for a configuration.</summary>
    public static PublishedModel Random(JsonObject config, int seed)
    {
        var random = new Random(seed);
        return new PublishedModel(config, FamilyTensors.Of(config).ToDictionary(
            tensor => tensor.Name,
            tensor =>
            {
                // Norm weights around one (or, stored as w of 1 + w, around zero): a model that blows up compares nothing.
                var centre = tensor.IsNorm && !FamilyTensors.IsGemma(config) ? 1f : 0f;
                var values = new float[tensor.Shape.Aggregate(1L, (a, b) => a * b)];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = centre + (float)((random.NextDouble() - 0.5) * (tensor.IsNorm ? 0.6 : 0.5));
                }

                return new PublishedTensor(tensor.Shape, values);
            },
            StringComparer.Ordinal));
    }

    /// <summary>The same weights under a changed configuration.</summary>
    public PublishedModel With(Action<JsonObject> change)
    {
        var config = (JsonObject)Config.DeepClone();
        change(config);
        return this with { Config = config };
    }

    /// <summary>The same model with its tensors under other names; null leaves one out.</summary>
    public PublishedModel Renamed(Func<string, string?> name) =>
        this with { Tensors = Tensors.Where(t => name(t.Key) is not null).ToDictionary(t => name(t.Key) ?? "", t => t.Value, StringComparer.Ordinal) };

    /// <param name="folder">New.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="shards">Files for the weights.</param>
    public string WriteFolder(string folder, string type = "F32", int shards = 1)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config.ToJsonString());
        foreach (var file in s_sideFiles)
        {
            File.Copy(Path.Combine(FixtureFolder("llama2"), file), Path.Combine(folder, file));
        }

        var writers = Enumerable.Range(0, shards).Select(_ => new SafetensorsWriter()).ToList();
        var map = new JsonObject();
        var next = 0;
        foreach (var (name, tensor) in Tensors)
        {
            var shard = next++ % shards;
            writers[shard].Tensor(name, type, tensor.Shape, Encode(tensor.Values, type));
            map.Add(name, ShardName(shard));
        }

        for (var shard = 0; shard < shards; shard++)
        {
            File.WriteAllBytes(Path.Combine(folder, ShardName(shard)), writers[shard].ToBytes());
        }

        if (shards > 1)
        {
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        }

        return folder;

        string ShardName(int shard) => shards == 1 ? "model.safetensors" : FormattableString.Invariant($"model-{shard + 1:D5}-of-{shards:D5}.safetensors");
    }

    public static JsonObject Parse(string path) => JsonNode.Parse(File.ReadAllText(path, Encoding.UTF8)) as JsonObject ?? throw new JsonException($"{path} is no object.");

    public int Number(string key) => FamilyTensors.Number(Config, key);

    public static byte[] Encode(float[] values, string type) => type switch
    {
        "F32" => MemoryMarshal.AsBytes<float>(values).ToArray(),
        "F16" => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, value => (Half)value)).ToArray(),
        "BF16" => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))).ToArray(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "F32, F16 or BF16"),
    };
}
