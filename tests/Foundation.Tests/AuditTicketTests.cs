using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Foundation.Tests;

public sealed class AuditTicketTests
{
    private static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();

    [Fact]
    public void A_ticket_opens_each_service_once()
    {
        var ticket = TestTickets.Issue();

        ticket.Redeem(TicketUse.Retrieval, s_now);
        ticket.Redeem(TicketUse.Generation, s_now);

        Should.Throw<TicketRefusedException>(() => ticket.Redeem(TicketUse.Retrieval, s_now)).Message.ShouldContain("already used");
        Should.Throw<TicketRefusedException>(() => ticket.Redeem(TicketUse.Generation, s_now));
    }

    [Fact]
    public void A_ticket_opens_only_what_it_was_issued_for()
    {
        var ticket = TestTickets.Issue(TicketUse.Retrieval);

        Should.Throw<TicketRefusedException>(() => ticket.Redeem(TicketUse.Generation, s_now)).Message.ShouldContain("does not open Generation");
        ticket.Redeem(TicketUse.Retrieval, s_now);
    }

    [Fact]
    public void An_expired_ticket_opens_nothing()
    {
        var ticket = TestTickets.Issue();

        Should.Throw<TicketRefusedException>(() => ticket.Redeem(TicketUse.Retrieval, ticket.Expires)).Message.ShouldContain("expired");
    }

    [Theory]
    [InlineData(TicketUse.None)]
    [InlineData(TicketUse.Retrieval | TicketUse.Generation)]
    public void A_redemption_names_one_service(TicketUse use) =>
        Should.Throw<ArgumentOutOfRangeException>(() => TestTickets.Issue().Redeem(use, s_now));

    [Fact]
    public async Task Of_many_that_redeem_at_once_one_gets_through()
    {
        for (var round = 0; round < 50; round++)
        {
            var ticket = TestTickets.Issue();
            var through = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            {
                try
                {
                    ticket.Redeem(TicketUse.Retrieval, s_now);
                    return 1;
                }
                catch (TicketRefusedException)
                {
                    return 0;
                }
            })));

            through.Sum().ShouldBe(1);
        }
    }
}
