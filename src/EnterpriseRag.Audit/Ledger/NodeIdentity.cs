using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>Names this process as owner of open requests: a restarted node does not take its predecessor's requests for its own.</summary>
internal sealed class NodeIdentity(IOptions<AuditOptions> options)
{
    public string Process { get; } = $"{options.Value.Node}#{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
}
