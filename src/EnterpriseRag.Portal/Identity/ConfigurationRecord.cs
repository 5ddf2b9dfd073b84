using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseRag.Audit;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Writes the <c>config</c> leaf of an effective change (accounts, matters, members) before it takes effect: what changed and the hash of the new state.</summary>
internal sealed class ConfigurationRecord(AuditLedger ledger)
{
    /// <exception cref="AuditUnavailableException">Not recorded, so the change must not happen.</exception>
    public Task AppendAsync(Actor actor, string what, object state, CancellationToken cancellationToken) =>
        ledger.AppendConfigAsync(actor, what, Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(state))), cancellationToken);
}
