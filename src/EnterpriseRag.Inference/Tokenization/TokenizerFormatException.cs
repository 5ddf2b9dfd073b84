namespace EnterpriseRag.Inference.Tokenization;

/// <summary>A tokenizer.json is broken or names a component or setting that this reader does not know; the message names it.</summary>
public sealed class TokenizerFormatException(string message, Exception? inner = null) : Exception(message, inner);
