using EnterpriseRag.Foundation;

namespace EnterpriseRag.Answering.Ask;

/// <summary>Answers questions from the documents that the asker may read.</summary>
public sealed class AnswerService
{
    /// <summary>
    /// Records the request and returns the stream of its events. Failures before the first event: Invalid (empty or too long question,
    /// no readable matter), AuditUnavailable (nothing was retrieved or generated).
    /// </summary>
    public Task<Result<IAsyncEnumerable<AnswerEvent>>> AskAsync(Question question, CancellationToken cancellationToken) => throw new NotSupportedException("stub");
}
