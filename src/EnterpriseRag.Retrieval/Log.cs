using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Retrieval;

internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Warning, "The search index was made by another embedding model or analyser; it starts empty and is filled again")]
    public static partial void IndexOfAnotherModel(ILogger logger);

    [LoggerMessage(4001, LogLevel.Error, "The manifest of the search index is damaged; the index starts empty and is filled again")]
    public static partial void ManifestDamaged(ILogger logger, Exception exception);

    [LoggerMessage(4002, LogLevel.Error, "Segment {File} of the search index is damaged or missing; its documents are indexed again")]
    public static partial void SegmentDamaged(ILogger logger, string file, Exception exception);

    [LoggerMessage(4003, LogLevel.Error, "A change of the search index failed")]
    public static partial void ChangeFailed(ILogger logger, Exception exception);

    [LoggerMessage(4004, LogLevel.Debug, "Merged {Segments} segments into one of {Passages} passages")]
    public static partial void Merged(ILogger logger, int segments, int passages);

    [LoggerMessage(4005, LogLevel.Warning, "Merging segments of the search index failed; it is tried again with the next change")]
    public static partial void MergeFailed(ILogger logger, Exception exception);

    [LoggerMessage(4006, LogLevel.Information, "Search index reconciled: {Removed} versions removed, {Requested} requested again")]
    public static partial void Reconciled(ILogger logger, int removed, int requested);

    [LoggerMessage(4008, LogLevel.Warning, "Reconciling the search index failed; it is tried again")]
    public static partial void ReconcileFailed(ILogger logger, Exception exception);

    [LoggerMessage(4007, LogLevel.Warning, "{Count} documents in the search index are not confirmed by the database; the reconciler looks at them")]
    public static partial void StaleVersions(ILogger logger, int count);
}
