using System.Buffers.Text;
using System.Data;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Audit.Merkle;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Storage.Postgres;
using Npgsql;

namespace EnterpriseRag.Audit.Verification;

/// <summary>
/// Recomputes every log from its records (ledger.md 2.12): leaf hashes from core bytes, canonical form, core against columns, gaps, tiles, head, sealed
/// segments, and the previous quarter's root in each genesis. Reads one snapshot with the verifier's role while the ledger goes on writing.
/// </summary>
public sealed class LedgerVerifier(Databases databases, TimeProvider time)
{
    private const string SelfAttested = "self-attested";
    private const int SegmentsAtOnce = 2_000;

    /// <param name="deep">Also hash every ciphertext.</param>
    /// <param name="progress">Told the number of records read so far, now and then.</param>
    /// <param name="cancellationToken">Stops the verification.</param>
    /// <exception cref="NpgsqlException">The ledger database does not answer.</exception>
    public async Task<VerificationReport> VerifyAsync(bool deep, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await using var leaves = await databases.AuditVerifier.OpenConnectionAsync(cancellationToken);
        await using var snapshot = await leaves.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var beside = await databases.AuditVerifier.OpenConnectionAsync(cancellationToken);
        await using var same = await ShareSnapshotAsync(leaves, beside, cancellationToken);

        var run = new Run(leaves, beside, deep, progress);
        foreach (var head in await LogHead.ReadAllAsync(beside, cancellationToken))
        {
            await run.VerifyAsync(head, cancellationToken);
        }

        await run.ComparePredecessorsAsync(cancellationToken);
        var faults = run.Faults.OrderBy(f => f.Order).ThenBy(f => f.Fault.Seq ?? long.MaxValue).ThenBy(f => f.Rank).Select(f => f.Fault).Take(VerificationReport.MaxFaults).ToList();
        var seconds = time.GetElapsedTime(started).TotalSeconds;
        return new VerificationReport(faults.Count == 0 ? VerificationCode.Ok : faults[0].Code, run.Logs, faults, deep, SelfAttested, run.Read, seconds, run.Read / Math.Max(seconds, 1e-6));
    }

    private static async Task<NpgsqlTransaction> ShareSnapshotAsync(NpgsqlConnection from, NpgsqlConnection to, CancellationToken cancellationToken)
    {
        await using var export = new NpgsqlCommand("SELECT pg_export_snapshot()", from);
        var name = (string?)await export.ExecuteScalarAsync(cancellationToken) ?? throw new InvalidOperationException("Postgres exported no snapshot.");
        var transaction = await to.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        // An identifier made by the server just now; SET takes no parameters.
        await using var import = new NpgsqlCommand($"SET TRANSACTION SNAPSHOT '{name.Replace("'", "''", StringComparison.Ordinal)}'", to);
        await import.ExecuteNonQueryAsync(cancellationToken);
        return transaction;
    }

    /// <summary>One verification. Faults are kept with the log's position, so that the report begins with the first.</summary>
    private sealed class Run(NpgsqlConnection leaves, NpgsqlConnection beside, bool deep, IProgress<long>? progress)
    {
        private readonly Dictionary<string, List<Predecessor>> _predecessors = new(StringComparer.Ordinal); // log name -> claims of later genesis records about it
        private int _order;

        public List<(int Order, int Rank, VerificationFault Fault)> Faults { get; } = [];

        public List<VerifiedLog> Logs { get; } = [];

        public long Read { get; private set; }

        public async Task VerifyAsync(LogHead head, CancellationToken cancellationToken)
        {
            if (_order++ == 0)
            {
                await LoadPredecessorsAsync(cancellationToken);
            }

            var log = new LogRun(this, head, Encoding.UTF8.GetBytes(head.Name), new TreeCheck(beside, head.Id), new SealedCheck(beside, head.Id, deep));
            await using (var stream = await LeafStream.OpenAsync(leaves, head.Id, cancellationToken))
            {
                while (await stream.ReadAsync(cancellationToken))
                {
                    while (log.Take(stream))
                    {
                        await log.SettleAsync(cancellationToken);
                    }
                }
            }

            await log.FinishAsync(cancellationToken);
        }

        /// <summary>A genesis may name a log that is gone; that is told when all logs are known.</summary>
        public Task ComparePredecessorsAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (name, claims) in _predecessors)
            {
                foreach (var claim in claims.Where(c => !c.Compared))
                {
                    Add(claim.Order, 0, new VerificationFault(VerificationCode.Anchor, name, claim.Size, $"the genesis of {claim.ClaimedBy} knows {claim.Size} records of this log; they are not there"));
                }
            }

            return Task.CompletedTask;
        }

        private void Add(int order, int rank, VerificationFault fault)
        {
            if (Faults.Count < VerificationReport.MaxFaults)
            {
                Faults.Add((order, rank, fault));
            }
        }

        private async Task LoadPredecessorsAsync(CancellationToken cancellationToken)
        {
            await using var command = new NpgsqlCommand("SELECT l.name, f.core FROM audit.leaf f JOIN audit.log l USING (log_id) WHERE f.seq = 0 ORDER BY log_id", beside);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var order = 0;
            while (await reader.ReadAsync(cancellationToken))
            {
                order++;
                if (Predecessor.Read(reader.GetString(0), reader.GetFieldValue<byte[]>(1), order) is { } claim)
                {
                    if (!_predecessors.TryGetValue(claim.Log, out var claims))
                    {
                        _predecessors[claim.Log] = claims = [];
                    }

                    claims.Add(claim);
                }
            }
        }

        /// <summary>The records of one log.</summary>
        private sealed class LogRun(Run run, LogHead head, byte[] name, TreeCheck tree, SealedCheck segments)
        {
            private readonly List<SegmentReference> _pending = [];
            private readonly int _order = run._order;
            private readonly List<Predecessor> _claims = run._predecessors.GetValueOrDefault(head.Name) ?? [];
            private readonly byte[] _hash = new byte[MerkleHash.Size];
            private long _expected;
            private DateTimeOffset _lastTime = DateTimeOffset.MinValue;
            private bool _hasGap;
            private bool _isLocated; // the tree's difference was already named at a record

            /// <summary>Checks rows until one of them asks for <see cref="SettleAsync"/>; false when the buffer is used up.</summary>
            public bool Take(LeafStream stream)
            {
                while (stream.TryNext(out var row))
                {
                    Check(row);
                    if (tree.IsTileFull || _pending.Count >= SegmentsAtOnce)
                    {
                        return true;
                    }
                }

                return false;
            }

            public async Task SettleAsync(CancellationToken cancellationToken)
            {
                if (tree.IsTileFull && await tree.CompareAsync(cancellationToken) is { } bad && !_hasGap)
                {
                    Locate(bad);
                }

                if (_pending.Count >= SegmentsAtOnce)
                {
                    await CheckSegmentsAsync(cancellationToken);
                }

                run.ReportProgress();
            }

            public async Task FinishAsync(CancellationToken cancellationToken)
            {
                await CheckSegmentsAsync(cancellationToken);
                if (_expected < head.Size)
                {
                    Fault(VerificationCode.GapOrDuplicate, _expected, $"records {_expected} to {head.Size - 1} are missing at the end", 0);
                    _hasGap = true;
                }
                else if (_expected > head.Size)
                {
                    Fault(VerificationCode.GapOrDuplicate, Math.Max(0, head.Size), "records stand behind the end that the head tells", 0);
                    _hasGap = true;
                }

                if (!_hasGap)
                {
                    await CheckTreeAsync(cancellationToken);
                }

                run.Logs.Add(new VerifiedLog(head.Name, _expected, head.Size, Convert.ToHexStringLower(tree.Frontier.Root()), segments.Segments, segments.Tombstones));
            }

            private void Check(in LeafRow row)
            {
                run.Read++;
                if (row.Seq != _expected)
                {
                    Fault(
                        VerificationCode.GapOrDuplicate,
                        Math.Min(_expected, row.Seq),
                        row.Seq < _expected ? "the record's number occurs twice" : row.Seq - 1 == _expected ? $"record {_expected} is missing" : $"records {_expected} to {row.Seq - 1} are missing",
                        0);
                    _hasGap = true;
                }

                MerkleHash.Leaf(row.Core, _hash);
                if (!row.Hash.SequenceEqual(_hash))
                {
                    Fault(VerificationCode.RootMismatch, row.Seq, "the core does not hash to the recorded leaf hash", 1);
                    _isLocated = true;
                }

                if (CoreCheck.Check(name, row, _pending) is { } fault)
                {
                    Fault(fault.Code, row.Seq, fault.What, fault.Code == VerificationCode.NotCanonical ? 3 : 4);
                }

                if (row.Time < _lastTime)
                {
                    Fault(VerificationCode.GapOrDuplicate, row.Seq, "the record is older than the one before it", 5);
                }

                _lastTime = row.Time;
                _expected = row.Seq + 1;
                if (!_hasGap)
                {
                    tree.Add(_hash);
                    CompareClaims();
                }
            }

            private void CompareClaims()
            {
                foreach (var claim in _claims)
                {
                    if (claim.Size == tree.Size)
                    {
                        claim.Compared = true;
                        if (!claim.Root.AsSpan().SequenceEqual(tree.Frontier.Root()))
                        {
                            Fault(VerificationCode.Anchor, claim.Size - 1, $"the root of the first {claim.Size} records is not the one in the genesis of {claim.ClaimedBy}", 6);
                        }
                    }
                }
            }

            private async Task CheckTreeAsync(CancellationToken cancellationToken)
            {
                if (await tree.CompareUpperAsync(cancellationToken) is { } bad)
                {
                    Locate(bad);
                }

                var edge = tree.Frontier;
                var root = edge.Root();
                var frontier = edge.ToBytes();
                if (root.AsSpan().SequenceEqual(head.Root) && frontier.AsSpan().SequenceEqual(head.Frontier))
                {
                    return;
                }

                // The first subtree of the right edge that differs begins the region; its records fit their own hashes.
                var same = frontier.AsSpan().CommonPrefixLength(head.Frontier) / MerkleHash.Size;
                var nodes = ProofShape.Nodes(new LeafRange(0, head.Size));
                Locate(same < nodes.Count ? nodes[same].Index << nodes[same].Level : 0);
            }

            private void Locate(long seq)
            {
                if (!_isLocated)
                {
                    _isLocated = true;
                    Fault(VerificationCode.RootMismatch, seq, "from this record on the tree is not the one that was recorded", 2);
                }
            }

            private async Task CheckSegmentsAsync(CancellationToken cancellationToken)
            {
                if (_pending.Count > 0)
                {
                    foreach (var (seq, code, what) in await segments.CheckAsync(_pending, cancellationToken))
                    {
                        Fault(code, seq, what, 7);
                    }

                    _pending.Clear();
                }
            }

            private void Fault(VerificationCode code, long seq, string what, int rank) => run.Add(_order, rank, new VerificationFault(code, head.Name, seq, what));
        }

        private void ReportProgress() => progress?.Report(Read);
    }

    /// <summary>What a genesis record says about the log before it.</summary>
    private sealed class Predecessor(string log, long size, byte[] root, string claimedBy, int order)
    {
        public string Log => log;

        public long Size => size;

        public byte[] Root => root;

        public string ClaimedBy => claimedBy;

        public int Order => order;

        public bool Compared { get; set; }

        // A damaged genesis is found by the checks of its own log.
        public static Predecessor? Read(string claimedBy, byte[] core, int order)
        {
            if (!Canonical.CanonicalReader.IsCanonical(core))
            {
                return null;
            }

            using var document = JsonDocument.Parse(core);
            return document.RootElement.TryGetProperty("prev", out var prev) && prev.ValueKind == JsonValueKind.Object
                && prev.TryGetProperty("log", out var log) && log.ValueKind == JsonValueKind.String
                && prev.TryGetProperty("size", out var size) && size.TryGetInt64(out var leaves) && leaves > 0
                && prev.TryGetProperty("root", out var root) && root.ValueKind == JsonValueKind.String
                && root.GetString() is { Length: 43 } text && Base64Url.IsValid(text)
                ? new Predecessor(log.GetString() ?? "", leaves, Base64Url.DecodeFromChars(text), claimedBy, order)
                : null;
        }
    }
}
