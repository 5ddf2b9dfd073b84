namespace EnterpriseRag.Foundation;

/// <summary>The services that a ticket opens; each may be opened once per ticket.</summary>
[Flags]
public enum TicketUse
{
    None = 0,
    Retrieval = 1,
    Generation = 2,
}

/// <summary>A call came without a usable ticket: expired, used before, or of another kind. Nothing was done.</summary>
public sealed class TicketRefusedException(string message) : Exception(message);

/// <summary>
/// Proof that a request leaf is durable in the ledger (ledger.md 2.8 step 2). Only the Audit module can make one;
/// retrieval and generation cannot be called without one. Single use per service, short-lived.
/// </summary>
public sealed class AuditTicket
{
    // Bits of TicketUse already redeemed; changed only by Interlocked.Or.
    private int _used;

    internal AuditTicket(RequestId request, long seq, DateTimeOffset expires, TicketUse allowed, string token)
    {
        Request = request;
        Seq = seq;
        Expires = expires;
        Allowed = allowed;
        Token = token;
    }

    public RequestId Request { get; }

    /// <summary>Sequence number of the request leaf.</summary>
    public long Seq { get; }

    public DateTimeOffset Expires { get; }

    public TicketUse Allowed { get; }

    /// <summary>base64url(log‖seq‖rid‖exp‖scope‖HMAC): the form that crosses process borders.</summary>
    public string Token { get; }

    /// <summary>Uses the ticket for one service.</summary>
    /// <exception cref="TicketRefusedException">Expired, not allowed for this service, or redeemed before.</exception>
    public void Redeem(TicketUse use, DateTimeOffset now)
    {
        if (use is not (TicketUse.Retrieval or TicketUse.Generation))
        {
            throw new ArgumentOutOfRangeException(nameof(use), use, "Name one service.");
        }

        if (!Allowed.HasFlag(use))
        {
            throw new TicketRefusedException($"The audit ticket does not open {use}.");
        }

        if (now >= Expires)
        {
            throw new TicketRefusedException("The audit ticket has expired.");
        }

        if (((TicketUse)Interlocked.Or(ref _used, (int)use)).HasFlag(use))
        {
            throw new TicketRefusedException($"The audit ticket was already used for {use}.");
        }
    }

    public override string ToString() => $"AuditTicket {Request}";
}
