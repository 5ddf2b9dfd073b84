using System.Buffers.Text;

namespace EnterpriseRag.Audit.Subjects;

/// <summary>128 random bits that stand for one person in one month. Only the identity vault knows whom.</summary>
internal sealed class Pseudonym(byte[] value, string epoch)
{
    public const int Size = 16;

    /// <summary>16 bytes: the subject of data keys and of sealed segments.</summary>
    public byte[] Value { get; } = value;

    /// <summary><c>yyyy-MM</c>.</summary>
    public string Epoch { get; } = epoch;

    /// <summary>The form in the cores: <c>p_</c> and 22 characters of base64url.</summary>
    public string Text { get; } = "p_" + Base64Url.EncodeToString(value);
}
