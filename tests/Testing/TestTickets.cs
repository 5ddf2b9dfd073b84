using EnterpriseRag.Foundation;

namespace EnterpriseRag.Testing;

/// <summary>Tickets for tests of retrieval and generation that need no ledger. In the product only the Audit module makes tickets.</summary>
public static class TestTickets
{
    /// <summary>A ticket that opens <paramref name="allowed"/> and expires in <paramref name="lifetime"/> (default one minute).</summary>
    public static AuditTicket Issue(TicketUse allowed = TicketUse.Retrieval | TicketUse.Generation, TimeSpan? lifetime = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new AuditTicket(new RequestId(Guid.CreateVersion7(now)), 1, now + (lifetime ?? TimeSpan.FromMinutes(1)), allowed, "");
    }
}
