using EnterpriseRag.Audit;
using EnterpriseRag.Storage;

namespace EnterpriseRag.Ingestion.Receive;

/// <summary>The matter's reasons in the ledger's words, and what this module writes into the ledger.</summary>
internal static class ProcessingContexts
{
    public static ProcessingContext Of(Matter matter) => new(
        matter.Purpose, matter.LegalBasis, matter.RetentionClass,
        matter.RecordingLevel switch
        {
            RecordingLevel.Content => RecordingLevelCode.Content,
            RecordingLevel.Hash => RecordingLevelCode.Hash,
            RecordingLevel.Metadata => RecordingLevelCode.Metadata,
            _ => throw new InvalidOperationException($"Unknown recording level {matter.RecordingLevel}."),
        },
        matter.Privileged);
}

/// <summary>Actions of <c>doc.version</c> leaves; ledger vocabulary, never changed.</summary>
internal static class DocumentActions
{
    public const string Received = "received";
    public const string Published = "published";
    public const string Failed = "failed";
    public const string Deleted = "deleted";
}
