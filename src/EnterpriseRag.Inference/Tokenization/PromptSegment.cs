namespace EnterpriseRag.Inference.Tokenization;

/// <summary>Part of a prompt.</summary>
/// <param name="Text">Its text.</param>
/// <param name="IsContent">True for text of users and documents, in which special tokens are plain text; false for what the chat template itself wrote.</param>
internal readonly record struct PromptSegment(string Text, bool IsContent);
