using System.Threading.Channels;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EnterpriseRag.Retrieval.Index;

/// <summary>Publishes ready versions again, from their stored chunks. Ingestion implements it as durable jobs.</summary>
public interface IRepublishVersions
{
    /// <summary>Durable when the task ends. Asking twice is harmless.</summary>
    Task RepublishAsync(IReadOnlyCollection<DocumentVersionId> versions, CancellationToken cancellationToken);
}

/// <summary>
/// Brings the index back in line with Postgres, which decides: at start, and when a search meets an entry that Postgres does not confirm.
/// Removes what Postgres no longer has and asks for what the index lacks. Versions on their way through ingestion are left alone.
/// </summary>
internal sealed class Reconciler(EmbeddedPassageIndex index, Databases databases, ILogger<Reconciler> logger, IRepublishVersions? republish = null) : BackgroundService
{
    private const int MostReports = 1000;

    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(30);

    private static readonly string s_readyVersions =
        $"""
        SELECT v.id FROM rag.document_version v JOIN rag.document d ON d.id = v.document_id
        WHERE v.state = {(short)VersionState.Ready} AND d.deleting_at IS NULL
        """;

    // States before Ready belong to ingestion: the version may be published and not yet marked.
    private static readonly string s_versionsInWork =
        $"SELECT id FROM rag.document_version WHERE state < {(short)VersionState.Ready}";

    // Full means that a reconciliation is due anyway, so further reports add nothing.
    private readonly Channel<bool> _reports = Channel.CreateBounded<bool>(new BoundedChannelOptions(MostReports) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>A search met these documents' entries and Postgres did not confirm them.</summary>
    public void Report(IReadOnlyCollection<DocumentId> documents)
    {
        Log.StaleVersions(logger, documents.Count);
        RetrievalTelemetry.StaleVersions.Add(documents.Count);
        _reports.Writer.TryWrite(true);
    }

    /// <summary>One pass. Returns how many documents left the index and how many versions were asked for.</summary>
    public async Task<(int Removed, int Requested)> ReconcileAsync(CancellationToken cancellationToken)
    {
        // The index first: a version that becomes ready between the two looks is then missing at worst, and asking twice is harmless.
        var indexed = IndexedDocuments();
        HashSet<DocumentVersionId> inWork, ready;
        await using (var connection = await databases.Rag.OpenConnectionAsync(cancellationToken))
        {
            inWork = await ReadAsync(connection, s_versionsInWork, cancellationToken);
            ready = await ReadAsync(connection, s_readyVersions, cancellationToken);
        }

        var extra = indexed.Where(i => !ready.Contains(i.Key) && !inWork.Contains(i.Key)).Select(i => i.Value).ToHashSet();
        foreach (var document in extra)
        {
            await index.RemoveAsync(document, cancellationToken);
        }

        var missing = ready.Except(index.Versions).ToList();
        if (missing.Count > 0 && republish is not null)
        {
            await republish.RepublishAsync(missing, cancellationToken);
        }

        Log.Reconciled(logger, extra.Count, missing.Count);
        return (extra.Count, missing.Count);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(wait, stoppingToken);
            while (_reports.Reader.TryRead(out _))
            {
                // one pass answers every report so far
            }

            try
            {
                await ReconcileAsync(stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or IOException)
            {
                Log.ReconcileFailed(logger, e);
                wait = s_retry;
                continue;
            }

            await _reports.Reader.WaitToReadAsync(stoppingToken);
            wait = s_settle; // a publish that is just being marked ready settles by itself
        }
    }

    private Dictionary<DocumentVersionId, DocumentId> IndexedDocuments()
    {
        using var snapshot = index.Acquire();
        var documents = new Dictionary<DocumentVersionId, DocumentId>();
        foreach (var view in snapshot.Segments)
        {
            var rows = view.Segment.Versions;
            for (var v = 0; v < rows.Length; v++)
            {
                if (!view.Dead.Contains(v))
                {
                    documents[new DocumentVersionId(rows[v].Version)] = new DocumentId(rows[v].Document);
                }
            }
        }

        return documents;
    }

    private static async Task<HashSet<DocumentVersionId>> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new HashSet<DocumentVersionId>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(new DocumentVersionId(reader.GetGuid(0)));
        }

        return found;
    }
}
