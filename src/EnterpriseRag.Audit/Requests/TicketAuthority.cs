using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Keys;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit.Requests;

/// <summary>What a ticket token says.</summary>
internal readonly record struct TicketClaims(string Log, long Seq, Guid Request, DateTimeOffset Expires, TicketUse Allowed);

/// <summary>
/// Makes audit tickets and checks their wire form: base64url of
/// <c>uint16 length ‖ log ‖ int64 seq ‖ rid ‖ int64 expiry (Unix ms) ‖ scope byte ‖ HMAC-SHA256</c>, numbers big-endian.
/// </summary>
internal sealed class TicketAuthority(KeyBroker broker, IOptions<AuditOptions> options, TimeProvider time)
{
    private const int FixedBytes = sizeof(ushort) + sizeof(long) + 16 + sizeof(long) + 1;
    private const int MacBytes = 32;
    private volatile byte[]? _key; // loaded once; the same for all nodes with this key encryption key

    public async Task LoadAsync(CancellationToken cancellationToken) => _key ??= await broker.DeriveTicketKeyAsync(cancellationToken);

    public AuditTicket Issue(string log, long seq, RequestId request, TicketUse allowed)
    {
        var expires = time.GetUtcNow().AddSeconds(options.Value.TicketSeconds);
        return new AuditTicket(request, seq, expires, allowed, Write(new TicketClaims(log, seq, request.Value, expires, allowed)));
    }

    /// <summary>Names the ticket in later records without being one.</summary>
    public static string Name(AuditTicket ticket) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(ticket.Token)).AsSpan(0, 12));

    /// <summary>Checks a token from another process: form, signature, time. Single use is for the service that redeems it.</summary>
    /// <exception cref="TicketRefusedException">Forged, malformed, expired, or of another kind.</exception>
    public TicketClaims Read(string token, TicketUse use)
    {
        if (TryRead(token) is not { } claims)
        {
            throw new TicketRefusedException("The audit ticket is not one of ours.");
        }

        return time.GetUtcNow() >= claims.Expires ? throw new TicketRefusedException("The audit ticket has expired.")
            : !claims.Allowed.HasFlag(use) ? throw new TicketRefusedException($"The audit ticket does not open {use}.")
            : claims;
    }

    private string Write(TicketClaims claims)
    {
        var log = Encoding.UTF8.GetBytes(claims.Log);
        var bytes = new byte[FixedBytes + log.Length + MacBytes];
        var rest = bytes.AsSpan();
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)log.Length);
        log.CopyTo(rest[2..]);
        rest = rest[(2 + log.Length)..];
        BinaryPrimitives.WriteInt64BigEndian(rest, claims.Seq);
        claims.Request.TryWriteBytes(rest[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(rest[24..], claims.Expires.ToUnixTimeMilliseconds());
        rest[32] = (byte)claims.Allowed;
        HMACSHA256.HashData(Key, bytes.AsSpan(..^MacBytes), bytes.AsSpan(^MacBytes..));
        return Base64Url.EncodeToString(bytes);
    }

    private TicketClaims? TryRead(string token)
    {
        if (token.Length > 1024 || !Base64Url.IsValid(token))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length < FixedBytes + MacBytes || bytes.Length != FixedBytes + MacBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes))
        {
            return null;
        }

        Span<byte> mac = stackalloc byte[MacBytes];
        HMACSHA256.HashData(Key, bytes.AsSpan(..^MacBytes), mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes.AsSpan(^MacBytes..)))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        var rest = bytes.AsSpan(2 + length);
        return new TicketClaims(
            Encoding.UTF8.GetString(bytes, 2, length),
            BinaryPrimitives.ReadInt64BigEndian(rest),
            new Guid(rest.Slice(8, 16), bigEndian: true),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(rest[24..])),
            (TicketUse)rest[32]);
    }

    private byte[] Key => _key ?? throw new AuditUnavailableException("The ledger has not started.");
}
