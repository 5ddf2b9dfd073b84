using System.Text.Json;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>A token that stands beside the model's vocabulary and is looked for in the text itself.</summary>
/// <param name="Id">Vocabulary id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Counts only where no word character touches it.</param>
/// <param name="LeftStrip">Takes the white space before it.</param>
/// <param name="RightStrip">Takes the white space after it.</param>
/// <param name="Normalized">Is looked for in the normalised text, in its normalised form.</param>
/// <param name="Special">A control token: left out of plain text by both encoding and decoding.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    // The same bound as for the ids of the vocabulary.
    private const int MaxId = 1 << 23;

    public static AddedToken[] ReadAll(JsonElement? json)
    {
        if (json is not { ValueKind: not JsonValueKind.Null } tokens)
        {
            return [];
        }

        return tokens.ValueKind == JsonValueKind.Array
            ? [.. tokens.EnumerateArray().Select(Read).Where(token => token.Content.Length > 0)]
            : throw new TokenizerFormatException("tokenizer.json: added_tokens must be a list.");
    }

    private static AddedToken Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String
            || !json.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out var value) || value is < 0 or >= MaxId)
        {
            throw new TokenizerFormatException("tokenizer.json: an added token needs an id and a content.");
        }

        return new AddedToken(value, content.GetString()!, // the kind was checked
            Flag("single_word"), Flag("lstrip"), Flag("rstrip"), Flag("normalized"), Flag("special"));

        bool Flag(string name) => json.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;
    }
}
