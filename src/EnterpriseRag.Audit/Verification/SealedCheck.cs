using Npgsql;

namespace EnterpriseRag.Audit.Verification;

/// <summary>
/// Compares the segments that records name with the rows that are there. Sees whether a ciphertext is present, erased with a tombstone or missing, and (deep)
/// the hash over it; the ciphertext itself stays out of the verifier's reach.
/// </summary>
internal sealed class SealedCheck(NpgsqlConnection connection, short logId, bool deep)
{
    public long Segments { get; private set; }

    public long Tombstones { get; private set; }

    public async Task<List<(long Seq, VerificationCode Code, string What)>> CheckAsync(List<SegmentReference> references, CancellationToken cancellationToken)
    {
        var rows = await LoadAsync(references, cancellationToken);
        var faults = new List<(long, VerificationCode, string)>();
        foreach (var reference in references)
        {
            Segments++;
            if (!rows.TryGetValue((reference.Rid, reference.Name), out var row))
            {
                faults.Add((reference.Seq, VerificationCode.CiphertextMissing, $"the row of segment {reference.Name} is missing"));
            }
            else if (row.IsErased)
            {
                Tombstones++;
            }
            else if (reference.Hash is { } expected)
            {
                if (row.IsHollow)
                {
                    faults.Add((reference.Seq, VerificationCode.CiphertextMissing, $"the ciphertext of segment {reference.Name} is missing and no erasure is recorded"));
                }
                else if (deep && (row.Hash is null || !row.Hash.AsSpan().SequenceEqual(expected)))
                {
                    faults.Add((reference.Seq, VerificationCode.CommitmentMismatch, $"the ciphertext of segment {reference.Name} is not the recorded one"));
                }
            }
        }

        return faults;
    }

    private async Task<Dictionary<(Guid, string), Row>> LoadAsync(List<SegmentReference> references, CancellationToken cancellationToken)
    {
        // Without h the view does not touch the ciphertexts.
        var hash = deep ? "h" : "NULL::bytea";
        await using var command = new NpgsqlCommand($"SELECT rid, seg, hollow, erased_by IS NOT NULL, {hash} FROM audit.sealed_digest WHERE log_id = $1 AND rid = ANY ($2)", connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = logId });
        command.Parameters.Add(new() { Value = references.Select(r => r.Rid).Distinct().ToArray() });
        var rows = new Dictionary<(Guid, string), Row>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows[(reader.GetGuid(0), reader.GetString(1))] = new Row(
                reader.GetBoolean(2), reader.GetBoolean(3), await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetFieldValue<byte[]>(4));
        }

        return rows;
    }

    private sealed record Row(bool IsHollow, bool IsErased, byte[]? Hash);
}
