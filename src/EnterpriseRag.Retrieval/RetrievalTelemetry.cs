using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EnterpriseRag.Retrieval;

internal static class RetrievalTelemetry
{
    public const string Name = "EnterpriseRag.Retrieval";

    private static readonly Meter s_meter = new(Name);

    public static ActivitySource Activities { get; } = new(Name);

    public static Histogram<double> SearchMilliseconds { get; } = s_meter.CreateHistogram<double>("rag.retrieval.search", "ms", "Search with embedding and loading of texts");

    public static Counter<long> StaleVersions { get; } = s_meter.CreateCounter<long>("rag.retrieval.stale_versions", description: "Documents whose index entry Postgres did not confirm");
}
