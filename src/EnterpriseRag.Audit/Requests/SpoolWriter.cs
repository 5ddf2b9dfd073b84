using System.Collections.Concurrent;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Sealing;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace EnterpriseRag.Audit.Requests;

/// <summary>
/// Commits spool rows, those of all streams together. It does not touch the head, so streams do not wait behind records. A row is only accepted while the
/// request still belongs to this process: after recovery took it over, nothing more may be shown.
/// </summary>
internal sealed class SpoolWriter : IDisposable
{
    private const int MaxBatch = 512;

    // FOR SHARE conflicts with recovery's claim: a row is either before the claim, and recovery reads it, or refused.
    private const string Insert =
        """
        INSERT INTO audit.spool(rid, k, nonce, ct)
        SELECT n.rid, n.k, n.nonce, n.ct
          FROM unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[]) AS n(rid, k, nonce, ct)
          JOIN audit.open_request r ON r.rid = n.rid AND r.node = $5
           FOR SHARE OF r
        RETURNING rid, k
        """;

    private readonly Databases _databases;
    private readonly NodeIdentity _node;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly BlockingCollection<Row> _queue;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread _thread;
    private NpgsqlConnection? _connection; // the thread only

    public SpoolWriter(Databases databases, NodeIdentity node, IOptions<AuditOptions> options, TimeProvider time)
    {
        _databases = databases;
        _node = node;
        _timeout = options.Value.AppendTimeout;
        _time = time;
        _queue = new BlockingCollection<Row>(options.Value.QueueCapacity);
        _thread = new Thread(Run) { IsBackground = true, Name = "audit-spool" };
    }

    public void Start() => _thread.Start();

    /// <summary>Completes when the row is committed.</summary>
    /// <exception cref="AuditUnavailableException">Not committed in time, or the request no longer belongs to this process.</exception>
    public async Task WriteAsync(Guid request, int number, SealedBody body)
    {
        var row = new Row(request, number, body);
        if (!_thread.IsAlive || !_queue.TryAdd(row))
        {
            throw new AuditUnavailableException("The ledger cannot keep up with the streams.");
        }

        try
        {
            await row.Completion.Task.WaitAsync(_timeout, _time);
        }
        catch (TimeoutException e)
        {
            throw new AuditUnavailableException("The ledger did not answer in time.", e);
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
        _connection?.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        var batch = new List<Row>(MaxBatch);
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                batch.Clear();
                batch.Add(_queue.Take(_stopping.Token));
                while (batch.Count < MaxBatch && _queue.TryTake(out var next))
                {
                    batch.Add(next);
                }

                Send(batch);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }

        while (_queue.TryTake(out var left))
        {
            left.Completion.TrySetException(new AuditUnavailableException("The ledger is stopping."));
        }
    }

    // Not repeated after a failure: the stream ends, which is what its reader must learn soonest.
    private void Send(List<Row> batch)
    {
        try
        {
            using var command = new NpgsqlCommand(Insert, Open());
            Add(command, batch.ConvertAll(r => r.Request).ToArray(), NpgsqlDbType.Uuid);
            Add(command, batch.ConvertAll(r => r.Number).ToArray(), NpgsqlDbType.Integer);
            Add(command, batch.ConvertAll(r => r.Body.Nonce).ToArray(), NpgsqlDbType.Bytea);
            Add(command, batch.ConvertAll(r => r.Body.Body).ToArray(), NpgsqlDbType.Bytea);
            command.Parameters.Add(new() { Value = _node.Process });
            command.Prepare(); // once per connection
            var stored = new HashSet<(Guid, int)>();
            using (var reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    stored.Add((reader.GetGuid(0), reader.GetInt32(1)));
                }
            }

            foreach (var row in batch)
            {
                if (stored.Contains((row.Request, row.Number)))
                {
                    row.Completion.TrySetResult();
                }
                else
                {
                    row.Completion.TrySetException(new AuditUnavailableException("The request was ended by recovery: its lease was over."));
                }
            }
        }
#pragma warning disable CA1031 // the thread must outlive a failed batch; its callers get the exception
        catch (Exception e)
#pragma warning restore CA1031
        {
            Drop();
            foreach (var row in batch)
            {
                row.Completion.TrySetException(new AuditUnavailableException("The ledger cannot store the stream.", e));
            }
        }
    }

    private static void Add(NpgsqlCommand command, Array values, NpgsqlDbType type) => command.Parameters.Add(new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });

    private NpgsqlConnection Open()
    {
        if (_connection is { State: System.Data.ConnectionState.Open } open)
        {
            return open;
        }

        Drop();
        var connection = _databases.AuditWriter.CreateConnection();
        try
        {
            connection.Open();
            // A session's own setting beats what a role or database was altered to.
            var ms = (int)_timeout.TotalMilliseconds;
            using var settings = new NpgsqlCommand($"SET synchronous_commit = on; SET lock_timeout = {ms}; SET statement_timeout = {ms}", connection);
            settings.ExecuteNonQuery();
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return _connection = connection;
    }

    private void Drop()
    {
        try
        {
            _connection?.Dispose();
        }
        catch (NpgsqlException)
        {
            // it was broken already
        }

        _connection = null;
    }

    private sealed record Row(Guid Request, int Number, SealedBody Body)
    {
        public TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
