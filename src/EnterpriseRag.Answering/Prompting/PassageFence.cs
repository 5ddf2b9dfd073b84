using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Search;

namespace EnterpriseRag.Answering.Prompting;

/// <summary>
/// Boundary digits that no document can know and that the same passages get again for the same person: with digits of chance no prompt would ever begin like another,
/// and the model would read the same passages anew for each question about them. A hash with a key of this process over the scope and every passage's text: a document
/// cannot carry the digits of a prompt that it is part of, and nobody is shown any.
/// </summary>
internal static class PassageFence
{
    private const int Digits = 12;

    private static readonly byte[] s_key = RandomNumberGenerator.GetBytes(32);

    /// <summary>
    /// Who may share what the model computed from a prompt: questions of one person over one set of matters. The decision's hash covers person, matters and walls, so
    /// with any change of access it is another scope, and nothing computed under the old rights is found.
    /// </summary>
    public static string CacheScope(ReadableScope scope) => $"{scope.DecisionId} {string.Join(' ', scope.Matters.Select(static m => m.Value).Order())}";

    public static string Boundary(string cacheScope, IReadOnlyList<Passage> passages)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, s_key);
        hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(cacheScope)));
        foreach (var passage in passages)
        {
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(passage.Text))); // of one length each: no two lists run together alike
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..Digits];
    }
}
