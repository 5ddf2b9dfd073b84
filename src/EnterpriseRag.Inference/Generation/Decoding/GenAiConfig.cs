using System.Text.Json;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>
/// What genai_config.json says about a decoder. Names default as in ONNX Runtime GenAI; sizes are hints, the graph's own are the truth.
/// </summary>
internal sealed record GenAiConfig
{
    /// <summary>Model types whose graph switches its rotation beyond 4,096 tokens; the cache would then have to be computed anew, so the context ends there.</summary>
    private static readonly string[] s_longRope = ["phi3", "phi3small", "phimoe", "phi4mm"];

    private const int LongRopeContext = 4096;

    public required string Type { get; init; }

    public required string FileName { get; init; }

    /// <summary>Tokens that the model was made for.</summary>
    public required int ContextLength { get; init; }

    public required IReadOnlyList<int> EndOfText { get; init; }

    public required int Layers { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    public string InputIds { get; private init; } = "input_ids";

    public string AttentionMask { get; private init; } = "attention_mask";

    public string PositionIds { get; private init; } = "position_ids";

    public string Logits { get; private init; } = "logits";

    public string PastKey { get; private init; } = "past_key_values.%d.key";

    public string PastValue { get; private init; } = "past_key_values.%d.value";

    public string PresentKey { get; private init; } = "present.%d.key";

    public string PresentValue { get; private init; } = "present.%d.value";

    public SearchDefaults Search { get; private init; } = new(Samples: false, Temperature: 1, TopK: 50, TopP: 1, RepetitionPenalty: 1);

    public static string Layer(string pattern, int layer) => pattern.Replace("%d", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <exception cref="ModelFolderException">Broken, or of a kind that this runtime would run wrongly; the message names it.</exception>
    public static GenAiConfig Read(ModelFolder folder)
    {
        string path = folder.File("genai_config.json");
        try
        {
            using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return Read(file.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or NotSupportedException)
        {
            throw new ModelFolderException($"{path}: {e.Message}", e);
        }
    }

    private static GenAiConfig Read(JsonElement root)
    {
        JsonElement model = root.GetProperty("model");
        RefuseUnknownKinds(model);
        JsonElement decoder = model.GetProperty("decoder");
        JsonElement inputs = Child(decoder, "inputs");
        JsonElement outputs = Child(decoder, "outputs");
        string type = Text(model, "type", "");
        int context = model.GetProperty("context_length").GetInt32();
        return new GenAiConfig
        {
            Type = type,
            FileName = Text(decoder, "filename", "model.onnx"),
            ContextLength = s_longRope.Contains(type, StringComparer.OrdinalIgnoreCase) ? Math.Min(context, LongRopeContext) : context,
            EndOfText = EndTokens(model.GetProperty("eos_token_id")),
            Layers = decoder.GetProperty("num_hidden_layers").GetInt32(),
            KeyValueHeads = decoder.GetProperty("num_key_value_heads").GetInt32(),
            HeadSize = decoder.GetProperty("head_size").GetInt32(),
            InputIds = Text(inputs, "input_ids", "input_ids"),
            AttentionMask = Text(inputs, "attention_mask", "attention_mask"),
            PositionIds = Text(inputs, "position_ids", "position_ids"),
            PastKey = Text(inputs, "past_key_names", "past_key_values.%d.key"),
            PastValue = Text(inputs, "past_value_names", "past_key_values.%d.value"),
            Logits = Text(outputs, "logits", "logits"),
            PresentKey = Text(outputs, "present_key_names", "present.%d.key"),
            PresentValue = Text(outputs, "present_value_names", "present.%d.value"),
            Search = ReadSearch(Child(root, "search")),
        };
    }

    private static void RefuseUnknownKinds(JsonElement model)
    {
        foreach (string part in (ReadOnlySpan<string>)["encoder", "vision", "speech", "embedding", "draft", "mtp"])
        {
            if (model.TryGetProperty(part, out _))
            {
                throw new NotSupportedException($"models with a part '{part}' are not supported; only plain decoders are.");
            }
        }

        JsonElement decoder = model.GetProperty("decoder");
        if (decoder.TryGetProperty("pipeline", out _))
        {
            throw new NotSupportedException("models split into a pipeline are not supported.");
        }

        if (decoder.TryGetProperty("sliding_window", out _))
        {
            // Such a graph expects a cache as large as its window; with a growing one it gives wrong tokens without any error.
            throw new NotSupportedException("exports for a sliding-window cache (decoder.sliding_window) are not supported; export without it.");
        }
    }

    private static SearchDefaults ReadSearch(JsonElement search) => new(
        Samples: search.ValueKind == JsonValueKind.Object && search.TryGetProperty("do_sample", out JsonElement sample) && sample.ValueKind == JsonValueKind.True,
        Temperature: Number(search, "temperature", 1),
        TopK: (int)Number(search, "top_k", 50),
        TopP: Number(search, "top_p", 1),
        RepetitionPenalty: Number(search, "repetition_penalty", 1));

    private static int[] EndTokens(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(id => id.GetInt32())] : [value.GetInt32()];

    private static JsonElement Child(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement child) ? child : default;

    private static string Text(JsonElement parent, string name, string fallback) =>
        Child(parent, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() ?? fallback : fallback;

    private static float Number(JsonElement parent, string name, float fallback) => Child(parent, name) is { ValueKind: JsonValueKind.Number } value ? value.GetSingle() : fallback;
}

/// <summary>The folder's own search settings, used where a request names none.</summary>
internal sealed record SearchDefaults(bool Samples, float Temperature, int TopK, float TopP, float RepetitionPenalty);
