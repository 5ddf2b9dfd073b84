using System.Text;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;
using EnterpriseRag.Testing.Product;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Integration.Tests;

public sealed class SpineTests
{
    [Fact]
    public async Task A_text_file_becomes_a_cited_answer_with_verified_records()
    {
        const string Text = "Lease of the boathouse\n\nThe rent is EUR 420 a month. The tenant may give notice with a period of seven weeks to the end of a month.";
        await using var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        await using var host = await ProductHost.StartAsync(installation, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Models:Generation"] = await ImportedModel.FolderAsync() });
        var received = await host.ReceiveAsync("boathouse.txt", Encoding.UTF8.GetBytes(Text));
        (await host.SettleAsync(TimeSpan.FromMinutes(1))).ShouldHaveSingleItem().State.ShouldBe(VersionState.Ready);

        var events = await host.AskAsync("With what notice period can the tenant of the boathouse give notice?");

        events[0].ShouldBeOfType<AnswerStarted>();
        var quotation = events[1].ShouldBeOfType<AnswerQuotations>().Quotations[0];
        quotation.Quote.ShouldContain("seven weeks");
        quotation.Version.ShouldBe(received.Version);
        Text.Substring(quotation.Start, quotation.Length).ShouldBe(quotation.Quote);
        events.OfType<AnswerSentence>().ShouldAllBe(s => s.State != SentenceState.Unverified);
        var finished = events[^1].ShouldBeOfType<AnswerFinished>();
        finished.Outcome.ShouldBeOneOf("generated", "withheld", "quotes");
        finished.OutputTokens.ShouldBeGreaterThan(0);

        var report = await new LedgerVerifier(installation.Databases, TimeProvider.System).VerifyAsync(deep: true, null, CancellationToken.None);
        report.Faults.ShouldBeEmpty();
        report.Leaves.ShouldBeGreaterThan(finished.Receipt.Seq);
    }

    [Fact]
    public async Task A_german_question_is_answered_from_a_german_file_without_the_english_model()
    {
        await using var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        await using var host = await ProductHost.StartAsync(installation, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Models:Generation"] = await ImportedModel.FolderAsync() });
        await host.ReceiveAsync("bootshaus.md", Encoding.UTF8.GetBytes("# Mietvertrag Bootshaus\n\nDie Miete beträgt 420 Euro im Monat. Der Mieter kann mit einer Frist von sieben Wochen kündigen."));
        await host.SettleAsync(TimeSpan.FromMinutes(1));

        var events = await host.AskAsync("Mit welcher Frist kann der Mieter des Bootshauses kündigen?");

        events.OfType<AnswerQuotations>().Single().Quotations[0].Quote.ShouldContain("sieben Wochen");
        events[^1].ShouldBeOfType<AnswerFinished>().Generated.ShouldStartWith("off");
    }

    [Fact]
    public async Task A_question_over_matters_with_different_purposes_and_bases_is_answered_and_recorded()
    {
        await using var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        await using var host = await ProductHost.StartAsync(installation);
        var matters = host.Services.GetRequiredService<Matters>();
        var second = await matters.CreateAsync(new NewMatter("Second matter", "personnel", "art6-1-b", "ai-6m", RecordingLevel.Metadata), CancellationToken.None);
        await matters.SetMemberAsync(second.Value.Id, host.Reader.Person, MatterRole.Reader, CancellationToken.None);
        await host.ReceiveAsync("boathouse.txt", Encoding.UTF8.GetBytes("The tenant of the boathouse may give notice with a period of seven weeks."));
        await host.SettleAsync(TimeSpan.FromMinutes(1));

        var events = await host.AskAsync("With what period may the tenant of the boathouse give notice?", AnswerMode.Quotes);

        events[^1].ShouldBeOfType<AnswerFinished>().Outcome.ShouldBe("quotes");
        var report = await new LedgerVerifier(installation.Databases, TimeProvider.System).VerifyAsync(deep: true, null, CancellationToken.None);
        report.Faults.ShouldBeEmpty();
    }
}
