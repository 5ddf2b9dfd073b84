using System.Text.Json;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>
/// What a folder says about its decoder: genai_config.json, or config.json of a plain export. Names default as in ONNX Runtime GenAI; sizes are hints, the graph's
/// own are the truth.
/// </summary>
internal sealed record GenAiConfig
{
    private const string FileOfGenAi = "genai_config.json";

    /// <summary>
    /// Model types whose graph may switch its rotation tables at a length. Keys in the cache were rotated by the first table, so beyond it the whole cache would have
    /// to be computed anew: the context ends there.
    /// </summary>
    private static readonly Dictionary<string, int> s_longRope = new(StringComparer.OrdinalIgnoreCase) { ["phi3"] = 4096, ["phimoe"] = 4096, ["phi4mm"] = 4096, ["phi3small"] = 8192 };

    // Settings that change speed or memory, never what is computed or which files are read. The library takes unknown keys silently, so a list of the allowed.
    private static readonly string[] s_sessionEntries =
        ["session.set_denormal_as_zero", "session.disable_prepacking", "session.dynamic_block_base", "session.use_env_allocators", "session.intra_op.spin_duration_us"];

    public required string Type { get; init; }

    public required string FileName { get; init; }

    /// <summary>Tokens that the model was made for.</summary>
    public required int ContextLength { get; init; }

    public required IReadOnlyList<int> EndOfText { get; init; }

    /// <summary>0: not said.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>0: not said.</summary>
    public int HeadSize { get; init; }

    /// <summary>What the operator should know about this folder; null: nothing.</summary>
    public string? Notice { get; init; }

    /// <summary>Threads of a run that the folder asks for; null: it does not.</summary>
    public int? Threads { get; init; }

    /// <summary>Session settings that the folder asks for, as far as they are harmless.</summary>
    public IReadOnlyDictionary<string, string> SessionEntries { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The graph was made for CUDA.</summary>
    public bool NeedsCuda { get; init; }

    public string InputIds { get; private init; } = "input_ids";

    public string AttentionMask { get; private init; } = "attention_mask";

    public string PositionIds { get; private init; } = "position_ids";

    public string Logits { get; private init; } = "logits";

    public string PastKey { get; private init; } = "past_key_values.%d.key";

    public string PastValue { get; private init; } = "past_key_values.%d.value";

    public string PresentKey { get; private init; } = "present.%d.key";

    public string PresentValue { get; private init; } = "present.%d.value";

    public SearchDefaults Search { get; init; } = new(Samples: false, Temperature: 1, TopK: 50, TopP: 1, RepetitionPenalty: 1);

    public static string Layer(string pattern, int layer) => pattern.Replace("%d", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>The number of a layer in a name made by <see cref="Layer"/>; null when it is no such name.</summary>
    public static int? LayerOf(string pattern, string name)
    {
        int at = pattern.IndexOf("%d", StringComparison.Ordinal);
        int tail = pattern.Length - at - 2;
        return at >= 0 && name.Length > at + tail && name.StartsWith(pattern[..at], StringComparison.Ordinal) && name.EndsWith(pattern[(at + 2)..], StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(at, name.Length - at - tail), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int layer)
            ? layer
            : null;
    }

    /// <exception cref="ModelFolderException">Broken, or of a kind that this runtime would run wrongly; the message names it.</exception>
    public static GenAiConfig Read(ModelFolder folder)
    {
        if (!folder.Has(FileOfGenAi))
        {
            return PlainExport.Read(folder);
        }

        string path = folder.File(FileOfGenAi);
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
        RefuseUnknownKinds(model, Child(root, "search"));
        JsonElement decoder = model.GetProperty("decoder");
        JsonElement inputs = Child(decoder, "inputs");
        JsonElement outputs = Child(decoder, "outputs");
        JsonElement session = Child(decoder, "session_options");
        string type = Text(model, "type", "");
        int context = model.GetProperty("context_length").GetInt32();
        int limit = s_longRope.GetValueOrDefault(type, int.MaxValue);
        return new GenAiConfig
        {
            Type = type,
            FileName = Text(decoder, "filename", "model.onnx"),
            ContextLength = Math.Min(context, limit),
            Notice = context > limit ? LongRopeNotice(context, limit) : null,
            EndOfText = EndTokens(model.GetProperty("eos_token_id")),
            KeyValueHeads = (int)Number(decoder, "num_key_value_heads", 0),
            HeadSize = (int)Number(decoder, "head_size", 0),
            Threads = (int)Number(session, "intra_op_num_threads", 0) is > 0 and var threads ? threads : null,
            SessionEntries = ReadEntries(session),
            NeedsCuda = AsksForCuda(session),
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

    internal static string LongRopeNotice(int context, int limit) => FormattableString.Invariant(
        $"its context ends at {limit:N0} tokens instead of {context:N0}: beyond, its rotation tables change and everything computed before would have to be computed anew");

    private static void RefuseUnknownKinds(JsonElement model, JsonElement search)
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

        JsonElement inputs = Child(decoder, "inputs");
        foreach (string name in (ReadOnlySpan<string>)["inputs_embeds", "encoder_hidden_states", "encoder_attention_mask", "cross_past_key_names", "rnn_states_prev", "cumulative_sequence_lengths"])
        {
            if (Child(inputs, name).ValueKind != JsonValueKind.Undefined)
            {
                throw new NotSupportedException($"decoders with an input {name} are not supported; only those that read input_ids and a key-value cache are.");
            }
        }

        if (Child(Child(decoder, "session_options"), "custom_ops_library").ValueKind != JsonValueKind.Undefined)
        {
            throw new NotSupportedException("session_options.custom_ops_library is not supported: a model folder must not bring native code.");
        }

        if (Number(search, "num_beams", 1) > 1)
        {
            throw new NotSupportedException("search.num_beams above 1 (beam search) is not supported; set it to 1.");
        }
    }

    private static Dictionary<string, string> ReadEntries(JsonElement session) => session.ValueKind != JsonValueKind.Object ? [] : session.EnumerateObject()
        .Where(p => p.Value.ValueKind == JsonValueKind.String && s_sessionEntries.Contains(p.Name, StringComparer.Ordinal))
        .ToDictionary(p => p.Name, p => p.Value.GetString() ?? "", StringComparer.Ordinal);

    private static bool AsksForCuda(JsonElement session)
    {
        JsonElement options = Child(session, "provider_options");
        string? provider = options.ValueKind != JsonValueKind.Array ? null
            : options.EnumerateArray().Where(o => o.ValueKind == JsonValueKind.Object).SelectMany(o => o.EnumerateObject()).Select(p => p.Name.ToLowerInvariant()).FirstOrDefault(n => !n.StartsWith("cpu", StringComparison.Ordinal));
        return provider switch
        {
            null => false,
            "cuda" or "cudaexecutionprovider" => true,
            _ => throw new NotSupportedException($"provider_options asks for '{provider}'; models run on the CPU or with CUDA here."),
        };
    }

    internal static SearchDefaults ReadSearch(JsonElement search) => new(
        Samples: search.ValueKind == JsonValueKind.Object && search.TryGetProperty("do_sample", out JsonElement sample) && sample.ValueKind == JsonValueKind.True,
        Temperature: Number(search, "temperature", 1),
        TopK: (int)Number(search, "top_k", 50),
        TopP: Number(search, "top_p", 1),
        RepetitionPenalty: Number(search, "repetition_penalty", 1));

    internal static int[] EndTokens(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(id => id.GetInt32())] : [value.GetInt32()];

    internal static JsonElement Child(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement child) ? child : default;

    internal static string Text(JsonElement parent, string name, string fallback) =>
        Child(parent, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() ?? fallback : fallback;

    internal static float Number(JsonElement parent, string name, float fallback) => Child(parent, name) is { ValueKind: JsonValueKind.Number } value ? value.GetSingle() : fallback;
}

/// <summary>The folder's own search settings, used where a request names none.</summary>
internal sealed record SearchDefaults(bool Samples, float Temperature, int TopK, float TopP, float RepetitionPenalty);
