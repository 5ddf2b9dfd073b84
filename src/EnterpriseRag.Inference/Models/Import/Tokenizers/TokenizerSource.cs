using EnterpriseRag.Inference.Models.Import.Gguf;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>The lists of a GGUF file's tokenizer, checked against each other.</summary>
/// <param name="Keys">For what one kind alone has.</param>
/// <param name="Tokens">By id; no two are equal.</param>
/// <param name="Types">One a token.</param>
/// <param name="Begin">Id of the first token of a text, when the model has one.</param>
/// <param name="End">Id of the last one.</param>
/// <param name="Unknown">Id that stands for what is no token.</param>
/// <param name="Padding">Id that fills rows.</param>
internal sealed record TokenizerSource(GgufMetadata Keys, string[] Tokens, TokenType[] Types, int? Begin, int? End, int? Unknown, int? Padding)
{
    /// <summary>Id that the file names under a key, when it does.</summary>
    public int? Id(string key) => Keys.NumberOrNull($"tokenizer.ggml.{key}_token_id", 0, Tokens.Length - 1);

    /// <summary>The id of what is no token, by its key or by its type.</summary>
    /// <exception cref="ModelImportException">There is none.</exception>
    public int NeededUnknown => Unknown ?? (Array.IndexOf(Types, TokenType.Unknown) is >= 0 and var typed ? typed : throw Keys.Missing("tokenizer.ggml.unknown_token_id"));

    /// <summary>The id to put before plain text; null when the file says not to.</summary>
    /// <param name="absent">What a file without the flag means.</param>
    public int? AddedBegin(bool absent) => Added("add_bos_token", absent, Begin, "bos");

    /// <summary>The id to put behind plain text.</summary>
    /// <inheritdoc cref="AddedBegin"/>
    public int? AddedEnd(bool absent) => Added("add_eos_token", absent, End, "eos");

    private int? Added(string flag, bool absent, int? id, string name)
    {
        var key = $"tokenizer.ggml.{flag}";
        return !Keys.Flag(key, absent) ? null : id is null && Keys.Has(key) ? throw Keys.Missing($"tokenizer.ggml.{name}_token_id") : id;
    }
}
