using Npgsql;
using NpgsqlTypes;

namespace EnterpriseRag.Audit.Verification;

/// <summary>
/// Compares the segments that records name with the rows that are there. Sees whether a ciphertext is present, erased with a tombstone or missing, and (deep)
/// the hash over it; the ciphertext itself stays out of the verifier's reach. The database compares and returns only what needs a word.
/// </summary>
internal sealed class SealedCheck(NpgsqlConnection connection, short logId, bool deep)
{
    private const string Select =
        """
        SELECT n.i, s.rid IS NULL, coalesce(s.hollow, false), s.erased_by IS NOT NULL
          FROM unnest($2::uuid[], $3::text[], $4::bytea[]) WITH ORDINALITY AS n(rid, seg, h, i)
          LEFT JOIN audit.sealed_digest s ON s.log_id = $1 AND s.rid = n.rid AND s.seg = n.seg
         WHERE s.rid IS NULL OR s.hollow OR s.erased_by IS NOT NULL
        """;

    // Only here the view touches the ciphertexts.
    private const string OrOtherHash = " OR (n.h IS NOT NULL AND s.h IS DISTINCT FROM n.h)";

    public long Segments { get; private set; }

    public long Tombstones { get; private set; }

    public async Task<List<(long Seq, VerificationCode Code, string What)>> CheckAsync(List<SegmentReference> references, CancellationToken cancellationToken)
    {
        Segments += references.Count;
        await using var command = new NpgsqlCommand(deep ? Select + OrOtherHash : Select, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = logId });
        command.Parameters.Add(new() { Value = references.ConvertAll(r => r.Rid).ToArray() });
        command.Parameters.Add(new() { Value = references.ConvertAll(r => r.Name).ToArray() });
        command.Parameters.Add(new() { Value = references.ConvertAll(r => (object?)r.Hash ?? DBNull.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        await command.PrepareAsync(cancellationToken);

        var faults = new List<(long, VerificationCode, string)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var reference = references[(int)reader.GetInt64(0) - 1];
            if (reader.GetBoolean(1))
            {
                faults.Add((reference.Seq, VerificationCode.CiphertextMissing, $"the row of segment {reference.Name} is missing"));
            }
            else if (reader.GetBoolean(3))
            {
                Tombstones++;
            }
            else if (!reader.GetBoolean(2))
            {
                faults.Add((reference.Seq, VerificationCode.CommitmentMismatch, $"the ciphertext of segment {reference.Name} is not the recorded one"));
            }
            else if (reference.Hash is not null)
            {
                faults.Add((reference.Seq, VerificationCode.CiphertextMissing, $"the ciphertext of segment {reference.Name} is missing and no erasure is recorded"));
            }
        }

        return faults;
    }
}
