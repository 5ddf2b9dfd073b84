using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.HuggingFace;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>The tokenizer of a Hugging Face folder, read as the runtime will read it: what cannot be used is refused now and not at the first load.</summary>
/// <param name="Bytes">tokenizer.json.</param>
/// <param name="Tokenizer">What it describes.</param>
internal sealed record PublishedTokenizer(byte[] Bytes, Tokenizer Tokenizer)
{
    public const string FileName = "tokenizer.json";

    /// <param name="folder">The published folder.</param>
    /// <param name="rows">Rows of the embedding.</param>
    /// <exception cref="ModelImportException">No such file, not a tokenizer, or one of another model.</exception>
    public static PublishedTokenizer Of(HuggingFaceFolder folder, int rows)
    {
        var bytes = folder.ReadOrNull(FileName)
            ?? throw new ModelImportException($"{folder.Name} has no {FileName} (a vocab.txt, tokenizer.model or sentencepiece.bpe.model alone is not read). Take a current copy of the folder.");
        try
        {
            // Added tokens may lie beyond: Gemma 3's text models have no row for the image token.
            var tokenizer = Tokenizer.Parse(bytes);
            return tokenizer.ModelVocabularySize is var vocabulary && vocabulary <= rows
                ? new PublishedTokenizer(bytes, tokenizer)
                : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{FileName} has {vocabulary} tokens where the embedding has {rows} rows: it belongs to another model. Take a complete folder of the model."));
        }
        catch (TokenizerFormatException e)
        {
            throw new ModelImportException($"{e.Message} The model cannot be used with this tokenizer.", e);
        }
    }

    /// <summary>Id of the token that <paramref name="key"/> of tokenizer_config.json names, as text or with its flags; null when it names none.</summary>
    public int? Named(ConfigJson? settings, string key) => settings?.Value(key) switch
    {
        { ValueKind: JsonValueKind.String } token => Tokenizer.TokenId(token.GetString() ?? ""),
        { ValueKind: JsonValueKind.Object } token when token.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String => Tokenizer.TokenId(content.GetString() ?? ""),
        _ => null,
    };
}
