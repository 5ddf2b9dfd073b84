using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseRag.Audit.Sealing;

/// <summary>What the spool of a request amounts to: the text shown so far, or (levels hash and metadata) its length and commitment only.</summary>
internal sealed record SpooledAnswer(int Groups, string? Text, byte[]? Commitment, long Utf8Bytes);

/// <summary>
/// Rows of audit.spool (docs/formats/spool.md): under a key derived from the response's content key, each bound to its request and number. What a row holds
/// follows the recording level: the group's text, or the running commitment and length, or the running length.
/// </summary>
internal static class SpoolCipher
{
    private const byte TextForm = 1;
    private const byte CommitmentForm = 2;
    private const byte LengthForm = 3;

    public static SealedBody SealText(ReadOnlySpan<byte> contentKey, string log, Guid request, int number, ReadOnlySpan<byte> utf8) =>
        Seal(contentKey, log, request, number, [TextForm, .. utf8]);

    public static SealedBody SealRunning(ReadOnlySpan<byte> contentKey, string log, Guid request, int number, byte[]? commitment, long utf8Bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(length, utf8Bytes);
        return Seal(contentKey, log, request, number, commitment is null ? [LengthForm, .. length] : [CommitmentForm, .. length, .. commitment]);
    }

    /// <summary>Reads all rows of a request.</summary>
    /// <param name="contentKey">Of the response segment.</param>
    /// <param name="log">The log's name.</param>
    /// <param name="request">The request.</param>
    /// <param name="rows">In order of their numbers, from 0 on.</param>
    /// <exception cref="CryptographicException">A row was changed, moved or left out.</exception>
    public static SpooledAnswer Open(ReadOnlySpan<byte> contentKey, string log, Guid request, IReadOnlyList<SealedBody> rows)
    {
        var text = new StringBuilder();
        byte[]? commitment = null;
        long bytes = 0;
        var isText = true;
        for (var i = 0; i < rows.Count; i++)
        {
            var content = SegmentCipher.Open(KeyOf(contentKey), Place(log, request, i), rows[i]).AsSpan();
            switch (content)
            {
                case [TextForm, .. var utf8]:
                    text.Append(Encoding.UTF8.GetString(utf8));
                    bytes += utf8.Length;
                    break;
                case [CommitmentForm, .. var rest] when rest.Length == sizeof(long) + 32:
                    isText = false;
                    bytes = BinaryPrimitives.ReadInt64BigEndian(rest);
                    commitment = rest[sizeof(long)..].ToArray();
                    break;
                case [LengthForm, .. var rest] when rest.Length == sizeof(long):
                    isText = false;
                    bytes = BinaryPrimitives.ReadInt64BigEndian(rest);
                    break;
                default:
                    throw new CryptographicException("A spool row has an unknown form.");
            }
        }

        return new SpooledAnswer(rows.Count, isText ? text.ToString() : null, commitment, bytes);
    }

    private static SealedBody Seal(ReadOnlySpan<byte> contentKey, string log, Guid request, int number, byte[] content)
    {
        var body = SegmentCipher.Seal(KeyOf(contentKey), Place(log, request, number), content);
        CryptographicOperations.ZeroMemory(content);
        return body;
    }

    private static SegmentPlace Place(string log, Guid request, int number) => new(log, request, $"spool/{number}");

    // Not the segment's own keys: the content key stays single-use for its segment.
    private static byte[] KeyOf(ReadOnlySpan<byte> contentKey)
    {
        var key = new byte[SegmentCipher.KeyBytes];
        SegmentCipher.Derive(contentKey, "ragaudit/v1/spool"u8, key);
        return key;
    }
}
