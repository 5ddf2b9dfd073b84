using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Subjects;
using EnterpriseRag.Storage.Keys;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit.Sealing;

/// <summary>A single-use content key with its wrapped form. The key is kept in memory only while its request is open.</summary>
internal sealed record ContentKey(byte[] Key, byte[] Wrapped, Guid SubjectKey, Pseudonym Subject)
{
    public override string ToString() => $"ContentKey under {SubjectKey}";
}

/// <summary>Seals one text for one record: gives the row and the reference that the core carries.</summary>
internal sealed class ContentSealer(KeyBroker broker, IOptions<AuditOptions> options, TimeProvider time)
{
    private readonly SharedLoads<(string Subject, string Epoch, string Class), SubjectKey> _loads = new(options.Value.AppendTimeout, time);

    /// <summary>The subject's data key of this month and retention class, made when it is the first.</summary>
    public Task<SubjectKey> SubjectKeyAsync(Pseudonym subject, string retentionClass, CancellationToken cancellationToken) =>
        _loads.GetAsync((subject.Text, subject.Epoch, retentionClass), token => broker.GetOrCreateSubjectKeyAsync(subject.Value, subject.Epoch, retentionClass, token).AsTask(), cancellationToken);

    public Task<SubjectKey?> FindAsync(Guid subjectKey, CancellationToken cancellationToken) => broker.FindAsync(subjectKey, cancellationToken);

    public static ContentKey NewKey(SubjectKey subjectKey, Pseudonym subject, SegmentPlace place)
    {
        var key = SegmentCipher.NewKey();
        return new ContentKey(key, subjectKey.WrapContentKey(key, place.KeyContext()), subjectKey.Id, subject);
    }

    /// <summary>Level content: ciphertext and commitment. Level hash: the commitment alone. Level metadata: nothing.</summary>
    public static SealedSegment? Seal(RecordingLevelCode level, ContentKey key, SegmentPlace place, string text)
    {
        if (level == RecordingLevelCode.Metadata)
        {
            return null;
        }

        var utf8 = Encoding.UTF8.GetBytes(text);
        try
        {
            return level == RecordingLevelCode.Hash
                ? CommitmentOnly(key, place, SegmentCipher.Commit(key.Key, utf8), utf8.Length)
                : Full(key, place, utf8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    /// <summary>A reference that proves the text without holding it: whoever has the text and the key can show that this was it.</summary>
    public static SealedSegment CommitmentOnly(ContentKey key, SegmentPlace place, byte[] commitment, long utf8Bytes) =>
        new(
            new SealedRow(place.Name, key.Subject.Value, key.SubjectKey, key.Wrapped, [], null),
            Reference("HMAC-C1", key, place, commitment, utf8Bytes));

    private static SealedSegment Full(ContentKey key, SegmentPlace place, byte[] utf8)
    {
        var body = SegmentCipher.Seal(key.Key, place, utf8);
        return new SealedSegment(
            new SealedRow(place.Name, key.Subject.Value, key.SubjectKey, key.Wrapped, body.Nonce, body.Body),
            Reference("A256GCM-C1", key, place, SegmentCipher.Commit(key.Key, utf8), utf8.Length).Add("h", CanonicalText.Binary(body.Hash())));
    }

    private static CoreObject Reference(string algorithm, ContentKey key, SegmentPlace place, byte[] commitment, long utf8Bytes) => new CoreObject()
        .Add("a", algorithm)
        .Add("c", CanonicalText.Binary(commitment))
        .Add("e", key.Subject.Epoch)
        .Add("l", SegmentCipher.PaddedLength(utf8Bytes))
        .Add("n", place.Name)
        .Add("s", key.Subject.Text);
}

/// <summary>Row for audit.sealed and the matching entry of the core's <c>segs</c>.</summary>
internal sealed record SealedSegment(SealedRow Row, CoreObject Reference);
