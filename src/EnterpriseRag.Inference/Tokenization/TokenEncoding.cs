namespace EnterpriseRag.Inference.Tokenization;

/// <summary>Part of a source text in UTF-16 units, end exclusive.</summary>
internal readonly record struct TextSpan(int Start, int End);

/// <summary>Token ids of a text and, token by token, the part of the text each stands for.</summary>
/// <param name="Ids">Vocabulary ids.</param>
/// <param name="Offsets">
/// As long as <paramref name="Ids"/>. Tokens of one character's bytes share its span; tokens of the template have the span (0, 0).
/// A span holds the characters the token was made from, also where normalisation changed them.
/// </param>
internal sealed record TokenEncoding(int[] Ids, TextSpan[] Offsets);
