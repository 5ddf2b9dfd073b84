using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Tokenizers;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>tokenizer_config.json: the special tokens by their roles, and the chat template.</summary>
internal static class TokenizerConfig
{
    public const string FileName = "tokenizer_config.json";

    public static byte[] Write(TokenizerPlan tokenizer, int context)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, FolderJson.Indented))
        {
            json.WriteStartObject();
            json.WriteBoolean("add_bos_token", tokenizer.AddsBeginOfText);
            json.WriteBoolean("add_eos_token", tokenizer.AddsEndOfText);
            WriteToken(json, "bos_token", tokenizer, tokenizer.BeginOfText);
            WriteToken(json, "eos_token", tokenizer, tokenizer.EndOfText[0]);
            WriteToken(json, "pad_token", tokenizer, tokenizer.Padding);
            WriteToken(json, "unk_token", tokenizer, tokenizer.Unknown);
            if (tokenizer.ChatTemplate is not null)
            {
                json.WriteString("chat_template", tokenizer.ChatTemplate);
            }

            json.WriteBoolean("clean_up_tokenization_spaces", false);
            json.WriteNumber("model_max_length", context);
            json.WriteString("tokenizer_class", tokenizer.Class);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteToken(Utf8JsonWriter json, string name, TokenizerPlan tokenizer, int? id)
    {
        if (id is { } known)
        {
            json.WriteString(name, tokenizer.Tokens[known]);
        }
    }
}
