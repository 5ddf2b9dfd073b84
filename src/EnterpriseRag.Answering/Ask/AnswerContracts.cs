using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Foundation.Requests;
using MediatR;

namespace EnterpriseRag.Answering.Ask;

public enum AnswerMode
{
    /// <summary>Quotations, then generated sentences where the model may write in the question's language.</summary>
    Auto,
    Quotes,
    Generate,
}

/// <summary>A question of a signed-in person. <c>Matters</c> narrows the scope; null means all readable.</summary>
public sealed record Question(Actor Asker, string Text, AnswerMode Mode = AnswerMode.Auto, IReadOnlyList<MatterId>? Matters = null, string? Conversation = null)
    : IRequest<Result<IAsyncEnumerable<AnswerEvent>>>, IRoleBound
{
    public IReadOnlyList<string> SenderRoles => Asker.Roles;

    public IReadOnlyList<string> PermittedRoles { get; } = [PlatformRoles.Reader];
}

/// <summary>Points at exact characters of a document version.</summary>
/// <param name="Number">1-based number shown as [n].</param>
/// <param name="Document">Document.</param>
/// <param name="Version">Version whose text is quoted.</param>
/// <param name="DocumentName">Name as shown.</param>
/// <param name="Page">1-based page.</param>
/// <param name="Start">UTF-16 offset in the document text.</param>
/// <param name="Length">UTF-16 length.</param>
/// <param name="HeadingPath">Headings above the quoted text.</param>
/// <param name="Quote">The exact words.</param>
/// <param name="Passage">The passage around the words.</param>
/// <param name="Ordinal">Chunk ordinal in the version.</param>
/// <param name="LooksLikeInstruction">The passage contains text that reads like an instruction to a machine; the reader is told.</param>
public sealed record Citation(int Number, DocumentId Document, DocumentVersionId Version, string DocumentName, int Page, int Start, int Length, IReadOnlyList<string> HeadingPath, string Quote, string Passage, int Ordinal, bool LooksLikeInstruction = false);

public enum SentenceState
{
    Verified,
    Paraphrase,
    Unverified,
}

/// <summary>What the reader receives, in order. Every event with text is sent only after the ledger has it.</summary>
public abstract record AnswerEvent
{
    private protected AnswerEvent()
    {
    }
}

/// <summary>First event: the request is recorded.</summary>
public sealed record AnswerStarted(RequestId Request, string Language) : AnswerEvent;

/// <summary>At most three quotations, best first.</summary>
public sealed record AnswerQuotations(string Heading, IReadOnlyList<Citation> Quotations) : AnswerEvent;

/// <summary>Weak evidence: fixed wording in the question's language and the nearest passages.</summary>
public sealed record AnswerDeclined(string Wording, IReadOnlyList<Citation> Nearest) : AnswerEvent;

/// <summary>One generated sentence that passed its check; never <see cref="SentenceState.Unverified"/>.</summary>
public sealed record AnswerSentence(int Index, string Text, SentenceState State, IReadOnlyList<int> Citations) : AnswerEvent;

/// <summary>Last event of a complete answer.</summary>
/// <param name="Outcome">quotes | generated | withheld | declined.</param>
/// <param name="Receipt">Where the response leaf stands.</param>
/// <param name="Generated">shown | withheld (reason) | off (reason).</param>
/// <param name="OutputTokens">Tokens the model produced.</param>
/// <param name="TokensPerSecond">Decode speed, 0 when no token was made.</param>
public sealed record AnswerFinished(string Outcome, Receipt Receipt, string Generated, int OutputTokens, double TokensPerSecond) : AnswerEvent;

/// <summary>The ledger stopped writing during the answer: what follows was withheld and the answer is void.</summary>
public sealed record AnswerAuditAbort(string Message) : AnswerEvent;
