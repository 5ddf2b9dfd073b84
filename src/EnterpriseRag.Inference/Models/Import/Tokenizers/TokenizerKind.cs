using EnterpriseRag.Inference.Models.Import.Gguf;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>How one value of tokenizer.ggml.model becomes a tokenizer.json. One sealed class a kind; <see cref="Registered{T}"/> finds them.</summary>
internal abstract class TokenizerKind(string name)
{
    private const int MaxTokens = 1 << 21;

    // Tokens that end a turn in the published chat formats; base models often list only one of them.
    private static readonly string[] s_endOfTurn = ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>"];

    public string Name { get; } = name;

    /// <summary>Builds tokenizer.json.</summary>
    /// <exception cref="ModelImportException">A list that contradicts another, or a variant that is not known, by name.</exception>
    protected abstract WrittenTokenizer Write(TokenizerSource source);

    public static TokenizerPlan Plan(GgufFile file, int vocabulary)
    {
        var keys = file.Metadata;
        var name = keys.Text("tokenizer.ggml.model");
        var kind = Registered<TokenizerKind>.All.SingleOrDefault(kind => string.Equals(kind.Name, name, StringComparison.Ordinal))
            ?? throw new ModelImportException($"{file.Name} has a tokenizer of the kind '{name}', which is not supported. Supported: {string.Join(", ", Registered<TokenizerKind>.All.Select(k => k.Name))}.");
        var tokens = keys.Texts("tokenizer.ggml.tokens");
        if (tokens.Length is 0 or > MaxTokens || tokens.Length > vocabulary || new HashSet<string>(tokens, StringComparer.Ordinal).Count != tokens.Length)
        {
            throw new ModelImportException($"{file.Name}: the list of tokens is empty, longer than the embedding, or names a token twice. The file is damaged.");
        }

        var types = keys.NumbersOrNull("tokenizer.ggml.token_type") ?? Enumerable.Repeat((int)TokenType.Normal, tokens.Length).ToArray();
        if (types.Length != tokens.Length || types.Any(type => !Enum.IsDefined((TokenType)type)))
        {
            throw new ModelImportException($"{file.Name}: the list of token types does not fit the list of tokens. The file is damaged.");
        }

        var typed = Array.ConvertAll(types, type => (TokenType)type);
        var source = new TokenizerSource(keys, tokens, typed, Id("bos"), Id("eos"), Id("unknown"), Id("padding"));
        var written = kind.Write(source);
        var known = s_endOfTurn.Select(token => Array.IndexOf(tokens, token)).Where(id => id >= 0 && typed[id] is TokenType.Control or TokenType.UserDefined).Select(id => (int?)id);
        int[] end = [.. new[] { source.End, Id("eot"), Id("eom") }.Concat(known).OfType<int>().Concat(written.Ends).Distinct()];
        return new TokenizerPlan(
            written.TokenizerJson,
            tokens,
            source.Begin,
            end.Length > 0 ? end : throw keys.Missing("tokenizer.ggml.eos_token_id"),
            source.Padding,
            source.Unknown,
            written.AddsBegin,
            written.AddsEnd,
            written.Class,
            keys.TextOrNull("tokenizer.chat_template"));

        int? Id(string key) => keys.NumberOrNull($"tokenizer.ggml.{key}_token_id", 0, tokens.Length - 1);
    }
}

/// <param name="TokenizerJson">The file's bytes.</param>
/// <param name="AddsBegin">Plain text gets the first token in front.</param>
/// <param name="AddsEnd">Plain text gets the last token behind it.</param>
/// <param name="Class">tokenizer_class of tokenizer_config.json.</param>
/// <param name="Ends">Ids that end a text and that only this kind knows of.</param>
internal sealed record WrittenTokenizer(byte[] TokenizerJson, bool AddsBegin, bool AddsEnd, string Class, params IReadOnlyList<int> Ends);

/// <summary>Values of tokenizer.ggml.token_type.</summary>
internal enum TokenType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
