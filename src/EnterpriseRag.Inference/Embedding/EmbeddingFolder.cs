using System.Text.Json;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Embedding;

internal enum Pooling
{
    /// <summary>Mean over all tokens, the special ones included.</summary>
    Mean,

    /// <summary>The first token.</summary>
    FirstToken,
}

/// <summary>The sentence-transformers settings of an embedding model's folder.</summary>
/// <param name="Folder">Verified files.</param>
/// <param name="MaxTokens">Special tokens included.</param>
/// <param name="Pooling">How token states become one vector.</param>
/// <param name="QueryPrefix">Put before a query, for example "query: ".</param>
/// <param name="PassagePrefix">Put before a passage.</param>
internal sealed record EmbeddingFolder(ModelFolder Folder, int MaxTokens, Pooling Pooling, string QueryPrefix, string PassagePrefix)
{
    /// <exception cref="ModelFolderException">A file is missing or asks for something that is not implemented; the message names it.</exception>
    public static EmbeddingFolder Open(string path)
    {
        ModelFolder folder = ModelFolder.Open(path);
        using JsonDocument sizes = Read(folder, "sentence_bert_config.json");
        using JsonDocument pooling = Read(folder, "1_Pooling/config.json");
        using JsonDocument prompts = Read(folder, "config_sentence_transformers.json");
        int maxTokens = sizes.RootElement.TryGetProperty("max_seq_length", out JsonElement max) && max.TryGetInt32(out int value) ? value : 0;
        if (maxTokens is < 3 or > 8192)
        {
            throw new ModelFolderException($"{folder.File("sentence_bert_config.json")}: max_seq_length must lie between 3 and 8192.");
        }

        return new EmbeddingFolder(folder, maxTokens, ReadPooling(folder, pooling.RootElement), Prompt(prompts.RootElement, "query"), Prompt(prompts.RootElement, "passage"));
    }

    private static Pooling ReadPooling(ModelFolder folder, JsonElement settings)
    {
        string[] modes = [.. settings.EnumerateObject().Where(p => p.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.True).Select(p => p.Name)];
        return modes switch
        {
            ["pooling_mode_mean_tokens"] => Pooling.Mean,
            ["pooling_mode_cls_token"] => Pooling.FirstToken,
            _ => throw new ModelFolderException($"{folder.File("1_Pooling/config.json")}: pooling must be mean_tokens or cls_token alone; it is '{string.Join(", ", modes)}'."),
        };
    }

    private static string Prompt(JsonElement settings, string role) =>
        settings.TryGetProperty("prompts", out JsonElement prompts) && prompts.TryGetProperty(role, out JsonElement prompt) ? prompt.GetString() ?? "" : "";

    private static JsonDocument Read(ModelFolder folder, string file)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(folder.File(file)));
        }
        catch (JsonException e)
        {
            throw new ModelFolderException($"{folder.File(file)} is not JSON: {e.Message}", e);
        }
    }
}
