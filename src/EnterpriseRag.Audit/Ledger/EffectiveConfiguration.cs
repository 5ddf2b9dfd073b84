using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>
/// SHA-256 over the settings of our own sections as they take effect at start. Secrets are left out: a hash in a permanent record would let
/// anybody test guesses.
/// </summary>
internal sealed class EffectiveConfiguration
{
    private static readonly string[] s_sections = ["Data", "Database", "Audit", "Models", "Inference", "Retrieval", "Ingestion", "Answering", "Portal"];
    private static readonly string[] s_secretMarks = ["password", "secret", "token", "connection"];

    public EffectiveConfiguration(IConfiguration configuration)
    {
        var lines = s_sections
            .SelectMany(section => configuration.GetSection(section).AsEnumerable())
            .Where(pair => pair.Value is not null && !Array.Exists(s_secretMarks, mark => pair.Key.Contains(mark, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
            .Select(pair => $"{pair.Key.ToUpperInvariant()}={pair.Value}\n");
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }

    /// <summary>64 hexadecimal digits.</summary>
    public string Sha256 { get; }
}
