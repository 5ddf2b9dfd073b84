using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>Steps through the JSON of a model, which is too large for a document tree.</summary>
internal static class ModelJson
{
    /// <summary>Reads the model object with the class that its <c>type</c> names, wherever in the object that stands.</summary>
    public static ITokenModel Read(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "model");
        var look = reader; // a copy of the struct: the original stays on the brace
        string? type = null;
        HashSet<string> names = new(StringComparer.Ordinal);
        var listed = false;
        while (type is null && NextProperty(ref look) is { } name)
        {
            if (name is "type")
            {
                type = Text(ref look, "type");
            }
            else
            {
                names.Add(name);
                listed |= name is "vocab" && look.TokenType == JsonTokenType.StartArray;
                look.Skip();
            }
        }

        return ComponentCatalog<ITokenModel, ModelReader>.Find(type ?? TypeOf(names, listed), "model")(ref reader);
    }

    /// <summary>The model of files from before the type was written (GPT-2's is one): what has its fields.</summary>
    private static string TypeOf(HashSet<string> names, bool listed) =>
        !names.Contains("vocab") ? throw new TokenizerFormatException("tokenizer.json: model has no type and no vocab.")
        : names.Contains("merges") ? "BPE"
        : listed ? "Unigram"
        : names.Contains("max_input_chars_per_word") ? "WordPiece"
        : "WordLevel";

    /// <summary>Goes to the next property of the object and onto its value; null at the end of the object.</summary>
    public static string? NextProperty(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        var name = reader.GetString();
        reader.Read();
        return name;
    }

    public static string? OptionalText(ref Utf8JsonReader reader, string name) =>
        reader.TokenType == JsonTokenType.Null ? null : Text(ref reader, name);

    public static string Text(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.String, name);
        return reader.GetString()!; // the kind was checked
    }

    public static bool Flag(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Wrong(name, "true or false"),
    };

    public static int? OptionalId(ref Utf8JsonReader reader, string name) => reader.TokenType == JsonTokenType.Null ? null : Id(ref reader, name);

    public static int Id(ref Utf8JsonReader reader, string name) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var id) && id >= 0 ? id : throw Wrong(name, "an id");

    public static void Expect(ref Utf8JsonReader reader, JsonTokenType expected, string name)
    {
        if (reader.TokenType != expected)
        {
            throw Wrong(name, expected.ToString());
        }
    }

    public static TokenizerFormatException Wrong(string name, string expected) =>
        new($"tokenizer.json: model: '{name}' must be {expected}.");
}
