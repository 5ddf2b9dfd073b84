using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Sealing;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Keys;

namespace EnterpriseRag.Audit;

/// <summary>
/// A request whose record is durable and that has no terminal record yet. Dispose it always: without a terminal record that appends an abort with what was
/// shown. One call at a time, except that disposing may follow a failed one.
/// </summary>
public sealed class OpenRequest : IAsyncDisposable
{
    private readonly AuditLedger _ledger;
    private readonly StringBuilder _shown = new(); // level content only
    private readonly IncrementalHash? _commitment; // level hash only
    private byte[]? _nextCommitment; // with the row that is on its way

    internal OpenRequest(AuditLedger ledger, LogShard log, RequestId id, long seq, Guid endRid, AuditTicket ticket, CoreContext context, RecordingLevelCode level, SubjectKey subjectKey, ContentKey responseKey)
    {
        _ledger = ledger;
        Shard = log;
        Id = id;
        Seq = seq;
        EndRid = endRid;
        Ticket = ticket;
        Context = context;
        Level = level;
        SubjectKey = subjectKey;
        ResponseKey = responseKey;
        _commitment = level == RecordingLevelCode.Hash ? SegmentCipher.StartCommit(responseKey.Key) : null;
    }

    public RequestId Id { get; }

    /// <summary>Sequence number of the request's record.</summary>
    public long Seq { get; }

    /// <summary>Opens retrieval and generation, once each, for one minute.</summary>
    public AuditTicket Ticket { get; }

    internal LogShard Shard { get; }

    internal Guid EndRid { get; }

    internal CoreContext Context { get; }

    internal RecordingLevelCode Level { get; }

    internal SubjectKey SubjectKey { get; }

    internal ContentKey ResponseKey { get; }

    /// <summary>Spool rows committed.</summary>
    internal int Groups { get; private set; }

    internal long ShownBytes { get; private set; }

    /// <summary>What was shown: only at level content.</summary>
    internal string Shown => _shown.ToString();

    internal bool IsEnded { get; set; }

    /// <summary>A spool row or terminal record failed: nothing more may be shown.</summary>
    internal bool IsBroken { get; set; }

    /// <summary>Commitment to what was shown: only at level hash.</summary>
    internal byte[]? ShownCommitment { get; private set; }

    /// <summary>The next spool row, as if <paramref name="text"/> were shown already.</summary>
    internal SealedBody NextSpoolRow(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        _commitment?.AppendData(utf8);
        _nextCommitment = _commitment?.GetCurrentHash();
        return Level == RecordingLevelCode.Content
            ? SpoolCipher.SealText(ResponseKey.Key, Shard.Name, Id.Value, Groups, utf8)
            : SpoolCipher.SealRunning(ResponseKey.Key, Shard.Name, Id.Value, Groups, _nextCommitment, ShownBytes + utf8.Length);
    }

    /// <summary>The row of <paramref name="text"/> is committed.</summary>
    internal void Spooled(string text)
    {
        Groups++;
        ShownCommitment = _nextCommitment;
        ShownBytes += Encoding.UTF8.GetByteCount(text);
        if (Level == RecordingLevelCode.Content)
        {
            _shown.Append(text);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ledger.CloseAsync(this);
        CryptographicOperations.ZeroMemory(ResponseKey.Key);
        _commitment?.Dispose();
    }
}
