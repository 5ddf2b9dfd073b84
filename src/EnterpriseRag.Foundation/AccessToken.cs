using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseRag.Foundation;

/// <summary>
/// A personal access token: <c>rag_</c> and 32 random bytes in base64url. Only <see cref="Hash"/> of the whole text is kept; with 256 random
/// bits neither salt nor slow hashing is needed. Made by the portal and by <c>rag token create</c>.
/// </summary>
public static class AccessToken
{
    public const string Prefix = "rag_";

    private const int RandomBytes = 32;

    /// <summary>Length of a well-formed token in characters.</summary>
    public const int Length = 4 + 43;

    public static Secret Create()
    {
        Span<byte> bytes = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(bytes);
        var text = Prefix + Base64Url.EncodeToString(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return new Secret(text);
    }

    /// <summary>SHA-256 of the token's UTF-8 bytes (32 bytes); null when the text is no token at all.</summary>
    public static byte[]? Hash(string token) =>
        token.Length == Length && token.StartsWith(Prefix, StringComparison.Ordinal) ? SHA256.HashData(Encoding.UTF8.GetBytes(token)) : null;
}
