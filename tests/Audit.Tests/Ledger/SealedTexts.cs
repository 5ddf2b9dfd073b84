using System.Text;
using EnterpriseRag.Audit.Sealing;
using EnterpriseRag.Storage.Keys;
using Npgsql;
using Shouldly;

namespace EnterpriseRag.Audit.Tests.Ledger;

/// <summary>Opens every sealed segment with the keys of the installation: what a review will do later, one by one and approved.</summary>
internal static class SealedTexts
{
    /// <returns><c>segment:text</c>.</returns>
    public static async Task<List<string>> OpenAllAsync(LedgerNode node)
    {
        var texts = new List<string>();
        await using var connection = new NpgsqlConnection(node.AdminConnection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT l.name, s.rid, s.seg, s.sdk_id, s.wrapped_cek, s.nonce, s.ct FROM audit.sealed s JOIN audit.log l USING (log_id) WHERE s.ct IS NOT NULL", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var place = new SegmentPlace(reader.GetString(0), reader.GetGuid(1), reader.GetString(2));
            var subjectKey = (await node.Get<KeyBroker>().FindAsync(reader.GetGuid(3), default)).ShouldNotBeNull();
            var key = subjectKey.UnwrapContentKey(reader.GetFieldValue<byte[]>(4), place.KeyContext());
            texts.Add($"{place.Name}:{Encoding.UTF8.GetString(SegmentCipher.Open(key, place, new SealedBody(reader.GetFieldValue<byte[]>(5), reader.GetFieldValue<byte[]>(6))))}");
        }

        return texts;
    }
}
