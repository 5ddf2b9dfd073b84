using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>The files of a Hugging Face folder that an import takes as they are, and what they say to the runtime.</summary>
/// <param name="Files">To be written.</param>
/// <param name="Ids">Special ids.</param>
/// <param name="Search">Search settings.</param>
internal sealed record TakenOver(IReadOnlyList<FolderFile> Files, SpecialIds Ids, SearchSettings Search)
{
    private const string GenerationName = "generation_config.json";

    /// <summary>Files that are read where they exist; README.md for the card only.</summary>
    public static readonly IReadOnlyList<string> Candidates = [PublishedTokenizer.FileName, TokenizerConfig.FileName, "special_tokens_map.json", "chat_template.jinja", GenerationName, "README.md"];

    // Tokens that end a turn in the published chat formats; base models often list only one of them.
    private static readonly string[] s_turnEnds = ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>"];

    /// <param name="folder">The published folder.</param>
    /// <param name="vocabulary">Rows of the head: ids lie below.</param>
    /// <exception cref="ModelImportException">No tokenizer.json, no id that ends generation, or a file that is not what its name says.</exception>
    public static TakenOver Of(HuggingFaceFolder folder, int vocabulary)
    {
        RefuseOtherVocabulary(folder, vocabulary);
        var tokenizer = PublishedTokenizer.Of(folder, vocabulary);
        var generation = folder.SettingsOrNull(GenerationName);
        var (outer, text) = (folder.Config, folder.Config.Child("text_config"));
        List<FolderFile> files = [.. Candidates.Where(name => name is not "README.md").Select(name => (Name: name, Bytes: folder.ReadOrNull(name))).Where(file => file.Bytes is not null).Select(file => new FolderFile(file.Name, file.Bytes ?? []))];
        foreach (var file in files.Where(file => file.Name.EndsWith(".json", StringComparison.Ordinal) && file.Name is not PublishedTokenizer.FileName))
        {
            ConfigJson.Parse(file.Bytes, file.Name);
        }

        int[] end =
        [
            .. Ids(generation, "eos_token_id").Concat(Ids(outer, "eos_token_id")).Concat(Ids(text, "eos_token_id")).Concat(TurnEnds(tokenizer.Bytes, vocabulary)).Distinct(),
        ];
        if (end.Length == 0 && tokenizer.Named(folder.SettingsOrNull(TokenizerConfig.FileName), "eos_token") is { } named && named < vocabulary)
        {
            end = [named];
        }

        return new TakenOver(
            files,
            new SpecialIds(
                First("bos_token_id"),
                end.Length > 0 ? end : throw new ModelImportException($"{folder.Name} says nowhere which token ends a text (eos_token_id). Take a complete folder of the model."),
                First("pad_token_id")),
            SearchOf(generation));

        // Published files also say -1, or the id of a token that has no row: such a token is never seen.
        IEnumerable<int> Ids(ConfigJson? settings, string key) => (settings?.Ids(key) ?? []).Where(id => id >= 0 && id < vocabulary);

        int? First(string key) => Ids(generation, key).Concat(Ids(outer, key)).Concat(Ids(text, key)).Select(id => (int?)id).FirstOrDefault();
    }

    /// <summary>Where config.json and the weights disagree, one of them is another model's.</summary>
    private static void RefuseOtherVocabulary(HuggingFaceFolder folder, int vocabulary)
    {
        var said = (folder.Config.Child("text_config") ?? folder.Config).NumberOrNull("vocab_size", 1, int.MaxValue);
        if (said is { } rows && rows != vocabulary)
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"The embedding has {vocabulary} rows where the 'vocab_size' of {HuggingFaceFolder.ConfigName} says {rows}. Take a complete folder of one model."));
        }
    }

    private static SearchSettings SearchOf(ConfigJson? generation) => generation is null ? SearchSettings.Greedy : new SearchSettings(
        generation.Flag("do_sample", absent: false),
        Positive(generation, "temperature"),
        generation.NumberOrNull("top_k", 0, int.MaxValue) ?? 50,
        Positive(generation, "top_p"),
        Positive(generation, "repetition_penalty"));

    /// <summary>Published files also say 0 for "not used".</summary>
    private static double Positive(ConfigJson generation, string key) =>
        generation.Value(key) is { ValueKind: JsonValueKind.Number } value && value.GetDouble() is var number && double.IsFinite(number) && number > 0 ? number : 1;

    private static List<int> TurnEnds(byte[] tokenizer, int vocabulary)
    {
        try
        {
            using var document = JsonDocument.Parse(tokenizer);
            var ends = new List<int>();
            if (document.RootElement.TryGetProperty("added_tokens", out var added) && added.ValueKind == JsonValueKind.Array)
            {
                foreach (var token in added.EnumerateArray())
                {
                    if (s_turnEnds.Contains(token.GetProperty("content").GetString(), StringComparer.Ordinal) && token.GetProperty("id").GetInt32() is var id && id >= 0 && id < vocabulary)
                    {
                        ends.Add(id);
                    }
                }
            }

            return ends;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new ModelImportException($"{PublishedTokenizer.FileName} is not a tokenizer: {e.Message} Take the folder from its source again.", e);
        }
    }
}
