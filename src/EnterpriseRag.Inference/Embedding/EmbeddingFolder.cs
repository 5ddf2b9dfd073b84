using System.Text.Json;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>The sentence-transformers settings of an embedding model's folder. Vectors are always brought to unit length: the index compares by angle.</summary>
/// <param name="Folder">Verified files.</param>
/// <param name="MaxTokens">Special tokens included.</param>
/// <param name="Pooling">How token states become one vector; several are joined.</param>
/// <param name="Lowercase">Texts are lower-cased before the tokenizer sees them.</param>
/// <param name="QueryPrefix">Put before a query, for example "query: ".</param>
/// <param name="PassagePrefix">Put before a passage.</param>
internal sealed record EmbeddingFolder(ModelFolder Folder, int MaxTokens, IReadOnlyList<Pooling> Pooling, bool Lowercase, string QueryPrefix, string PassagePrefix)
{
    private const int MaxMaxTokens = 8192;

    // The name depends on the architecture for which an old release wrote the folder.
    private static readonly string[] s_sizeFiles = ["sentence_bert_config.json", "sentence_roberta_config.json", "sentence_xlm-roberta_config.json"];
    private static readonly string[] s_queryPrompts = ["query", "Query", "search_query"];
    private static readonly string[] s_passagePrompts = ["passage", "document", "Passage", "search_document"];

    // In the order in which sentence-transformers joins them.
    private static readonly (string Name, Pooling Pooling)[] s_poolings =
    [
        ("cls", Embedding.Pooling.FirstToken),
        ("max", Embedding.Pooling.Max),
        ("mean", Embedding.Pooling.Mean),
        ("mean_sqrt_len", Embedding.Pooling.MeanSquareRoot),
        ("weightedmean", Embedding.Pooling.WeightedMean),
        ("lasttoken", Embedding.Pooling.LastToken),
    ];

    /// <exception cref="ModelFolderException">A file is missing or asks for something that is not implemented; the message names it.</exception>
    public static EmbeddingFolder Open(string path) => Of(ModelFolder.Open(path));

    /// <inheritdoc cref="Open"/>
    public static EmbeddingFolder Of(ModelFolder folder)
    {
        string pooling = ReadModules(folder);
        string? sizeFile = s_sizeFiles.FirstOrDefault(folder.Has);
        using JsonDocument? sizes = sizeFile is null ? null : Read(folder, sizeFile);
        using JsonDocument? settings = folder.Has("config_sentence_transformers.json") ? Read(folder, "config_sentence_transformers.json") : null;
        RefuseOtherSimilarity(folder, settings);
        return new EmbeddingFolder(
            folder,
            ReadMaxTokens(folder, sizeFile, sizes),
            ReadPooling(folder, pooling),
            sizes is not null && sizes.RootElement.TryGetProperty("do_lower_case", out JsonElement lower) && lower.ValueKind == JsonValueKind.True,
            Prompt(settings, s_queryPrompts),
            Prompt(settings, s_passagePrompts));
    }

    /// <summary>Checks that the modules are those that this program computes.</summary>
    /// <returns>The file with the pooling's settings.</returns>
    private static string ReadModules(ModelFolder folder)
    {
        using JsonDocument modules = Read(folder, "modules.json");
        string? pooling = null;
        bool first = true;
        foreach (JsonElement module in modules.RootElement.ValueKind == JsonValueKind.Array ? modules.RootElement.EnumerateArray() : throw Refusal(folder, "modules.json", "is not a list"))
        {
            string type = Text(module, "type");
            string name = type[(type.LastIndexOf('.') + 1)..];
            string place = Text(module, "path").TrimEnd('/');
            switch (name)
            {
                case "Transformer" when first && place.Length == 0:
                case "Normalize" when pooling is not null:
                    break;
                case "Pooling" when pooling is null && !first:
                    pooling = $"{place}/config.json";
                    break;
                default:
                    throw Refusal(folder, "modules.json", $"asks for the module '{name}' in '{place}'; a Transformer in the folder itself, a Pooling and a Normalize are supported, in this order");
            }

            first = false;
        }

        return pooling ?? throw Refusal(folder, "modules.json", "names no Pooling");
    }

    private static int ReadMaxTokens(ModelFolder folder, string? sizeFile, JsonDocument? sizes)
    {
        if (sizes is not null && sizes.RootElement.TryGetProperty("max_seq_length", out JsonElement max) && max.ValueKind == JsonValueKind.Number)
        {
            return max.TryGetInt32(out int tokens) && tokens is >= 3 and <= MaxMaxTokens ? tokens : throw Refusal(folder, sizeFile!, $"must have a max_seq_length between 3 and {MaxMaxTokens}"); // read from it just now
        }

        using JsonDocument config = Read(folder, "config.json");
        int rows = Number(config.RootElement, "max_position_embeddings");
        // RoBERTa's positions begin after the padding id, so the table has more rows than the model reads tokens.
        int unused = Text(config.RootElement, "model_type") is "roberta" or "xlm-roberta" or "camembert" ? Number(config.RootElement, "pad_token_id") + 1 : 0;
        return rows - unused is >= 3 and var usable ? Math.Min(usable, MaxMaxTokens) : throw Refusal(folder, "config.json", "must have max_position_embeddings where no max_seq_length is given");
    }

    private static List<Pooling> ReadPooling(ModelFolder folder, string file)
    {
        using JsonDocument settings = Read(folder, file);
        if (settings.RootElement.TryGetProperty("include_prompt", out JsonElement include) && include.ValueKind == JsonValueKind.False)
        {
            throw Refusal(folder, file, "leaves the prompt's tokens out of the pooling (include_prompt), which is not supported");
        }

        string[] modes = settings.RootElement.TryGetProperty("pooling_mode", out JsonElement mode) && mode.ValueKind == JsonValueKind.String
            ? [Trim(mode.GetString() ?? "")]
            : [.. settings.RootElement.EnumerateObject().Where(p => p.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.True).Select(p => Trim(p.Name["pooling_mode_".Length..]))];
        return modes.Length > 0 && Array.Find(modes, m => !s_poolings.Any(p => string.Equals(p.Name, m, StringComparison.Ordinal))) is null
            ? [.. s_poolings.Where(p => modes.Contains(p.Name, StringComparer.Ordinal)).Select(p => p.Pooling)]
            : throw Refusal(folder, file, $"asks for the pooling '{string.Join(", ", modes)}'; supported are {string.Join(", ", s_poolings.Select(p => p.Name))}");

        static string Trim(string name) => name.EndsWith("_tokens", StringComparison.Ordinal) ? name[..^"_tokens".Length] : name.EndsWith("_token", StringComparison.Ordinal) ? name[..^"_token".Length] : name;
    }

    /// <summary>Without a Normalize module the length of a vector may carry meaning; not where the model itself compares by angle.</summary>
    private static void RefuseOtherSimilarity(ModelFolder folder, JsonDocument? settings)
    {
        string similarity = settings is null ? "" : Text(settings.RootElement, "similarity_fn_name");
        using JsonDocument modules = Read(folder, "modules.json");
        bool normalises = modules.RootElement.EnumerateArray().Any(m => Text(m, "type").EndsWith(".Normalize", StringComparison.Ordinal));
        if (!normalises && similarity is not ("" or "cosine"))
        {
            throw Refusal(folder, "config_sentence_transformers.json", $"compares vectors by '{similarity}' without a Normalize module; the index compares by angle");
        }
    }

    private static string Prompt(JsonDocument? settings, string[] names)
    {
        if (settings is null || !settings.RootElement.TryGetProperty("prompts", out JsonElement prompts) || prompts.ValueKind != JsonValueKind.Object)
        {
            return "";
        }

        string? own = names.FirstOrDefault(name => prompts.TryGetProperty(name, out _));
        return own is not null ? Text(prompts, own)
            : Text(settings.RootElement, "default_prompt_name") is { Length: > 0 } preset ? Text(prompts, preset)
            : "";
    }

    private static string Text(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";

    private static int Number(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : 0;

    private static JsonDocument Read(ModelFolder folder, string file)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(folder.File(file)));
            return document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? document : throw Refusal(folder, file, "is neither an object nor a list");
        }
        catch (JsonException e)
        {
            throw new ModelFolderException($"{folder.File(file)} is not JSON: {e.Message}", e);
        }
    }

    private static ModelFolderException Refusal(ModelFolder folder, string file, string what) => new($"{folder.File(file)} {what}. Take another embedding model.");
}
