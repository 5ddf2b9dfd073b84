using System.Security.Cryptography;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Generated passwords: 20 characters of an alphabet without look-alikes, in groups of five (about 116 bits).</summary>
internal static class Passwords
{
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public static Secret Generate() => new(string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(Alphabet, 5))));
}
