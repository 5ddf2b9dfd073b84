using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation;

/// <summary>A language model behind <see cref="AuditedGenerator"/>: in this process, or on another server.</summary>
internal interface ITextModel
{
    GenerationModelInfo Info { get; }

    /// <summary>Tokens of a text as document text; a remote model's are an upper estimate.</summary>
    int CountTokens(string text);

    /// <summary>Tokens of a whole prompt.</summary>
    int CountPromptTokens(IReadOnlyList<ChatMessage> messages);

    /// <param name="defaultMaxTokens">For answers whose caller names no limit.</param>
    IChatClient CreateClient(int defaultMaxTokens);

    /// <summary>Makes an adapter ready for requests.</summary>
    /// <returns>SHA-256 of its folder.</returns>
    /// <exception cref="ArgumentException">There is none of this name; a remote model has none at all.</exception>
    string RequireAdapter(string name) => throw new ArgumentException($"The model {Info.Name} has no adapters here.", nameof(name));
}
