using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Inference.Generation;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Remote;

/// <summary>
/// A language model on another server. Its bytes cannot be known: in place of a folder's hash stands the hash of what was configured (endpoint and model), and
/// the engine's name says that it is remote. Thread-safe.
/// </summary>
internal sealed class RemoteTextModel : ITextModel
{
    // Published vocabularies make 3.5 to 5 bytes of English and 3 to 4 of German to a token; three keeps prompts within the context.
    private const int BytesPerToken = 3;
    private const int TokensPerMessage = 8;

    private readonly RemoteTransport _transport;
    private readonly string _model;

    public RemoteTextModel(RemoteTransport transport, RemoteOptions options)
    {
        (_transport, _model) = (transport, options.ChatModel ?? "");
        var identity = Identity(options, _model);
        // No colon: under /v1 it parts a model from its adapter.
        Info = new GenerationModelInfo(Code(_model).Replace(':', '-'), identity, $"openai-compatible@{Code(transport.Host)}", options.ContextTokens, options.LanguageCodes, identity, IsRemote: true);
    }

    public GenerationModelInfo Info { get; }

    /// <summary>SHA-256 over endpoint and model.</summary>
    public static string Identity(RemoteOptions options, string model) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"remote\n{options.BaseAddress}\n{model}")));

    /// <summary>A name as it may stand in the clear part of a record.</summary>
    public static string Code(string name) => new([.. name.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '@' or '/' or '-' ? c : '-').Take(100)]);

    public int CountTokens(string text) => (Encoding.UTF8.GetByteCount(text) + BytesPerToken - 1) / BytesPerToken;

    public int CountPromptTokens(IReadOnlyList<ChatMessage> messages) => messages.Sum(m => CountTokens(m.Text) + TokensPerMessage);

    public IChatClient CreateClient(int defaultMaxTokens) => new RemoteChatClient(_transport, _model, defaultMaxTokens);
}
