using EnterpriseRag.Foundation;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation;

/// <summary>What the portal, the ledger and the prompt builder need to know about the language model.</summary>
/// <param name="Name">Folder name.</param>
/// <param name="Sha256">SHA-256 of the folder's SHA256SUMS (hex).</param>
/// <param name="Engine">For example onnxruntime@1.30.0.</param>
/// <param name="ContextTokens">Tokens that prompt and answer may use together.</param>
/// <param name="Languages">ISO codes in which the card lets the model write; empty: it may not write.</param>
/// <param name="TemplateSha256">SHA-256 of the chat template.</param>
public sealed record GenerationModelInfo(string Name, string Sha256, string Engine, int ContextTokens, IReadOnlyList<string> Languages, string TemplateSha256);

/// <summary>The only way to the language model from other modules: no ticket, no text. The raw <see cref="IChatClient"/> stays internal.</summary>
public sealed class AuditedGenerator
{
    /// <summary>Null when no language model is installed: answers are then quotations only.</summary>
    public GenerationModelInfo? Model => throw new NotSupportedException("stub");

    /// <summary>Number of tokens of the text as document text (special tokens off).</summary>
    public int CountTokens(string text) => throw new NotSupportedException("stub");

    /// <summary>Streams text updates; the last carries <see cref="ChatFinishReason"/> and a <see cref="UsageContent"/>.</summary>
    /// <exception cref="TicketRefusedException">The ticket does not open generation; the model was not called.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GenerateAsync(AuditTicket ticket, IReadOnlyList<ChatMessage> messages, ChatOptions options, CancellationToken cancellationToken) => throw new NotSupportedException("stub");
}
