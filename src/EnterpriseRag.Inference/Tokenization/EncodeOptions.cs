namespace EnterpriseRag.Inference.Tokenization;

/// <summary>How to read a text. The default is right for text of users and documents: no template, control tokens are plain text.</summary>
/// <param name="AddSpecialTokens">Adds what the tokenizer's template puts around a text, for example <c>&lt;s&gt; … &lt;/s&gt;</c>. Rendered chat prompts bring their own: leave it off.</param>
/// <param name="SpecialTokensInText">
/// Recognises special tokens written in the text. On only for literals of a chat template: in foreign text it would let a document forge a turn.
/// Added tokens that are not special are vocabulary and always recognised, as in Hugging Face's <c>encode_special_tokens</c>.
/// </param>
internal readonly record struct EncodeOptions(bool AddSpecialTokens = false, bool SpecialTokensInText = false);
