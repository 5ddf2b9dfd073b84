namespace EnterpriseRag.Inference.Models.Registry.SelfTests;

/// <summary>What a language model gave for fixed prompts when it was approved.</summary>
internal sealed record GenerationGolden(IReadOnlyList<GoldenPrompt> Prompts);

/// <param name="Text">Prompt, without a chat template.</param>
/// <param name="Ids">Its token ids: a changed tokenizer shows here.</param>
/// <param name="Steps">The greedy tokens after it.</param>
internal sealed record GoldenPrompt(string Text, IReadOnlyList<int> Ids, IReadOnlyList<GoldenStep> Steps);

/// <param name="Token">The best token; the next step follows it.</param>
/// <param name="Top">The best ids, best first.</param>
/// <param name="Logits">Their logits.</param>
/// <param name="Spread">Best logit minus the mean of all: the scale on which differences are judged.</param>
internal sealed record GoldenStep(int Token, IReadOnlyList<int> Top, IReadOnlyList<float> Logits, float Spread);

/// <summary>What an embedding model gave for fixed texts when it was approved.</summary>
internal sealed record EmbeddingGolden(IReadOnlyList<GoldenVector> Texts);

/// <param name="Text">As it is, without a prefix.</param>
/// <param name="Vector">Unit vector, float32 little-endian in base64.</param>
internal sealed record GoldenVector(string Text, string Vector);
