using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>
/// Appends records in groups: whatever waits while one commit runs goes into the next (no lingering), at most 512 records or 4 MiB. One thread of
/// its own with synchronous database calls, because thread-pool threads may all be busy with inference when a record must be written. Order and
/// gapless numbers come from the row lock on the head, so any number of writers on any number of nodes is correct.
/// </summary>
internal sealed class GroupCommitWriter : IDisposable
{
    private const int MaxBatchRecords = 512;
    private const int MaxBatchBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan s_idleProbe = TimeSpan.FromSeconds(1);
    private static readonly Meter s_meter = new("EnterpriseRag.Audit");
    private static readonly Counter<long> s_appended = s_meter.CreateCounter<long>("audit.records.appended");
    private static readonly Histogram<int> s_batchSize = s_meter.CreateHistogram<int>("audit.batch.records");

    private readonly BlockingCollection<PendingRecord> _queue; // bounded; callers add, the writer's thread takes
    private readonly LinkedList<PendingRecord> _retry = new(); // the writer's thread only: records to send again, before newer ones
    private readonly LedgerConnection _connection; // the writer's thread only
    private readonly AuditHealth _health;
    private readonly TimeSpan _appendTimeout;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread _thread;

    public GroupCommitWriter(Databases databases, BatchCommit commit, AuditHealth health, IOptions<AuditOptions> options, TimeProvider time, ILogger<GroupCommitWriter> log)
    {
        _appendTimeout = options.Value.AppendTimeout;
        _queue = new BlockingCollection<PendingRecord>(options.Value.QueueCapacity);
        _connection = new LedgerConnection(databases, commit, _appendTimeout);
        _health = health;
        _time = time;
        _log = log;
        _thread = new Thread(Run) { IsBackground = true, Name = "audit-writer" };
    }

    /// <summary>Call once, after the log was verified; before it appends are refused.</summary>
    public void Start()
    {
        _thread.Start();
        _health.Open();
    }

    /// <summary>Completes when the record is committed. Not cancellable: its own timeout decides.</summary>
    /// <exception cref="AuditUnavailableException">Not committed in time. It may still be committed when the answer of the database was lost.</exception>
    /// <exception cref="RequestEndedException">A terminal record for a request that has one.</exception>
    public async Task<Placement> AppendAsync(PendingRecord record)
    {
        if (_health.IsFinal || !_thread.IsAlive || !_queue.TryAdd(record))
        {
            throw new AuditUnavailableException(_health.Reason ?? "The ledger cannot keep up: too many records wait for it.");
        }

        try
        {
            return await record.Completion.WaitAsync(_appendTimeout, _time);
        }
        catch (TimeoutException e)
        {
            record.Abandon();
            throw new AuditUnavailableException(_health.Reason ?? "The ledger did not answer in time.", e);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        if (!_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            _thread.Join(TimeSpan.FromSeconds(10));
        }

        _queue.Dispose();
        _connection.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        var batch = new List<PendingRecord>(MaxBatchRecords);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                batch.Clear();
                if (Fill(batch))
                {
                    Send(batch);
                }
                else
                {
                    Probe();
                }
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        while (_queue.TryTake(out var left))
        {
            left.Fail(new AuditUnavailableException("The ledger is stopping."));
        }
    }

    /// <summary>Takes what waits, of one shard. False when nothing came for a while.</summary>
    private bool Fill(List<PendingRecord> batch)
    {
        while (_retry.First is { } again && batch.Count < MaxBatchRecords && (batch.Count == 0 || batch[0].Log == again.Value.Log))
        {
            _retry.RemoveFirst();
            AddUnlessAbandoned(again.Value);
        }

        if (batch.Count == 0 && _retry.Count == 0)
        {
            if (!_queue.TryTake(out var first, (int)s_idleProbe.TotalMilliseconds, _stopping.Token))
            {
                return false;
            }

            AddUnlessAbandoned(first);
        }

        var bytes = batch.Sum(r => r.Weight);
        while (_retry.Count == 0 && batch.Count < MaxBatchRecords && bytes < MaxBatchBytes && _queue.TryTake(out var next))
        {
            if (batch.Count > 0 && batch[0].Log != next.Log)
            {
                _retry.AddLast(next); // another shard (the turn of a quarter): it opens the next batch
                break;
            }

            AddUnlessAbandoned(next);
            bytes += next.Weight;
        }

        return true;

        void AddUnlessAbandoned(PendingRecord record)
        {
            if (!record.IsAbandoned)
            {
                batch.Add(record);
            }
        }
    }

    private void Send(List<PendingRecord> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            var placements = _connection.Commit(batch);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Complete(placements[i]);
            }

            s_appended.Add(batch.Count);
            s_batchSize.Record(batch.Count);
            _health.Open();
        }
        catch (LedgerBrokenException e)
        {
            _connection.Drop();
            _health.Close(e.Message, e, final: true);
            FailAll(batch, e);
        }
        catch (PostgresException e) when (!Outage.IsDatabase(e))
        {
            Log.BatchRefused(_log, batch.Count, e.SqlState);
            _connection.Drop();
            Separate(batch, e);
        }
        catch (Exception e) when (Outage.IsDatabase(e))
        {
            Log.BatchUncertain(_log, batch.Count, e);
            _connection.Lost();
            _health.Close("The ledger database does not answer.", e);
            Settle(batch);
        }
#pragma warning disable CA1031 // the thread must outlive a bug in one batch; its callers get the exception
        catch (Exception e)
#pragma warning restore CA1031
        {
            _connection.Drop();
            FailAll(batch, e);
        }
    }

    /// <summary>After an outage: which records are stored? The others are sent again while their callers still wait.</summary>
    private void Settle(List<PendingRecord> batch)
    {
        while (batch.Exists(r => !r.IsAbandoned) && !_stopping.IsCancellationRequested)
        {
            try
            {
                CompleteStored(batch);
                Requeue(batch);
                return;
            }
            catch (Exception e) when (Outage.IsDatabase(e))
            {
                _connection.Lost();
                _stopping.Token.WaitHandle.WaitOne(50); // refused connections fail at once: do not spin on them
            }
        }
    }

    /// <summary>A rule of the database refused the batch: find the record at fault, so that the others do not suffer.</summary>
    private void Separate(List<PendingRecord> batch, PostgresException refusal)
    {
        try
        {
            CompleteStored(batch);
            var ended = _connection.FindEnded(batch);
            foreach (var record in batch.Where(r => r.Closes && r.Of is { } of && ended.Contains(of)))
            {
                record.Fail(new RequestEndedException());
            }

            batch.RemoveAll(r => r.Completion.IsCompleted);
            if (refusal.SqlState.StartsWith("42", StringComparison.Ordinal))
            {
                // missing rights or tables: no record can pass
                _health.Close($"The ledger database is not set up as expected ({refusal.SqlState}).", refusal);
                FailAll(batch, refusal);
            }
            else if (batch.Count == 1 && ended.Count == 0)
            {
                batch[0].Fail(new AuditUnavailableException($"The ledger refused the record ({refusal.SqlState}).", refusal));
            }
            else if (ended.Count > 0)
            {
                Requeue(batch);
            }
            else
            {
                foreach (var record in batch.ToArray())
                {
                    Send([record]);
                }
            }
        }
        catch (Exception e) when (Outage.IsDatabase(e))
        {
            _connection.Lost();
            Settle(batch);
        }
    }

    private void CompleteStored(List<PendingRecord> batch)
    {
        var stored = _connection.FindStored(batch);
        foreach (var record in batch)
        {
            if (stored.TryGetValue(record.Rid, out var found))
            {
                if (found.Type == record.Type)
                {
                    record.Complete(found.Placement);
                }
                else
                {
                    record.Fail(new RequestEndedException()); // the terminal record's name is taken by recovery's abort
                }
            }
        }

        batch.RemoveAll(r => r.Completion.IsCompleted);
    }

    private void Requeue(List<PendingRecord> batch)
    {
        for (var i = batch.Count - 1; i >= 0; i--)
        {
            _retry.AddFirst(batch[i]);
        }
    }

    private void Probe()
    {
        try
        {
            _connection.Probe();
            _health.Open();
        }
        catch (Exception e) when (Outage.IsDatabase(e) || e is PostgresException)
        {
            _connection.Lost();
            _health.Close("The ledger database does not answer.", e);
        }
    }

    private static void FailAll(List<PendingRecord> batch, Exception cause)
    {
        foreach (var record in batch)
        {
            record.Fail(new AuditUnavailableException("The ledger refused the record.", cause));
        }
    }
}

/// <summary>The log and its head do not fit together, so nothing may be appended. Only verification and repair help.</summary>
internal sealed class LedgerBrokenException(string message) : Exception(message);
