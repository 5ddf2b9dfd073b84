using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Search;

public sealed class PassageSearchTests : IAsyncLifetime
{
    private static readonly string[] s_rent = ["The monthly rent is 1,250 euros.", "It is due on the third working day of each month."];
    private static readonly string[] s_pets = ["Dogs and cats need the landlord's consent.", "Small animals in cages are always permitted."];
    private static readonly string[] s_notice = ["Die Kündigungsfrist beträgt drei Monate zum Monatsende.", "Die Kündigung bedarf der Schriftform nach § 568 BGB."];
    private static readonly string[] s_payment = ["Rechnungen sind innerhalb von 30 Tagen zahlbar.", "Nach Ablauf gilt der gesetzliche Verzugszins."];

    private TestDatabases _databases = null!; // set before each test
    private RetrievalHost _host = null!; // set before each test
    private PersonId _reader;
    private MatterId _matter;

    public async ValueTask InitializeAsync()
    {
        _databases = await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync();
        _host = new RetrievalHost(_databases);
        _reader = _host.Rows.NewPerson();
        _matter = await _host.Rows.AddMatterAsync(_reader);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task A_question_finds_its_passage_in_its_own_and_in_the_other_language()
    {
        var lease = await _host.PublishAsync(_matter, "en", s_rent, s_pets);
        var contract = await _host.PublishAsync(_matter, "de", s_notice, s_payment);

        var german = await AskAsync("Wie lange ist die Kündigungsfrist?");
        var across = await AskAsync("Sind Hunde in der Wohnung erlaubt?");
        var english = await AskAsync("How much is the monthly rent?");

        german.QueryLanguage.ShouldBe("de");
        (german.Passages[0].Version, german.Passages[0].Ordinal).ShouldBe((contract.Version, 0));
        (across.Passages[0].Version, across.Passages[0].Ordinal).ShouldBe((lease.Version, 1));
        (english.Passages[0].Version, english.Passages[0].Ordinal).ShouldBe((lease.Version, 0));
        english.QueryLanguage.ShouldBe("en");
    }

    [Fact]
    public async Task A_result_carries_what_answer_and_ledger_need()
    {
        var contract = await _host.PublishAsync(_matter, "de", s_notice, s_payment);

        var result = await AskAsync("Wie lange ist die Kündigungsfrist?");

        result.EmbeddingModelSha256.ShouldBe(_host.Model.Sha256);
        result.IndexVersion.ShouldMatch("^1-[0-9a-f]{16}$");
        result.DeniedByAccess.ShouldBe(0);
        result.Passages.Count.ShouldBe(2);
        result.Passages.Select(p => p.Score).ShouldBeInOrder(SortDirection.Descending);
        var best = result.Passages[0];
        best.Matter.ShouldBe(_matter);
        best.Document.ShouldBe(contract.Document);
        best.DocumentName.ShouldBe($"Document {contract.Document}");
        best.HeadingPath.ShouldBe(["Heading"]);
        best.Page.ShouldBe(1);
        best.Language.ShouldBe("de");
        best.LexicalScore.ShouldBeGreaterThan(0);
        best.Cosine.ShouldBeInRange(0.7f, 1f);
        best.Sentences.Select(s => best.Text.Substring(s.Start, s.Length)).ShouldBe(s_notice);
        best.Sentences[0].Cosine.ShouldBeGreaterThan(best.Sentences[1].Cosine);
        best.Sentences[0].TermScore.ShouldBeGreaterThan(best.Sentences[1].TermScore);
        best.Sentences.ShouldAllBe(s => s.TermScore >= 0 && s.TermScore <= 1);
    }

    [Fact]
    public async Task A_reference_is_found_across_languages()
    {
        await _host.PublishAsync(_matter, "de", s_payment, s_notice, ["Es gilt § 314 BGB.", "Im Übrigen bleibt das Gesetz unberührt."]);
        var result = await AskAsync("Which sentence cites Section 314?");
        result.Passages[0].Ordinal.ShouldBe(2);
        result.Passages[0].Sentences.ShouldAllBe(s => s.TermScore == 0);
    }

    [Fact]
    public async Task A_walled_matter_gives_no_hit_and_is_counted_as_denied()
    {
        await _host.PublishAsync(_matter, "en", s_pets);
        var walled = await _host.Rows.AddMatterAsync(_reader);
        await _host.PublishAsync(walled, "en", s_rent);
        var before = await AskAsync("How much is the monthly rent?");
        before.Passages[0].Matter.ShouldBe(walled);
        await _host.Rows.AddWallAsync(walled, _reader);

        var after = await AskAsync("How much is the monthly rent?");

        after.Passages.ShouldAllBe(p => p.Matter == _matter);
        after.DeniedByAccess.ShouldBe(1);
    }

    [Fact]
    public async Task A_matter_without_membership_leaves_no_trace()
    {
        await _host.PublishAsync(_matter, "en", s_pets);
        var before = await AskAsync("How much is the monthly rent?");
        await _host.PublishAsync(await _host.Rows.AddMatterAsync(_host.Rows.NewPerson()), "en", s_rent);

        var after = await AskAsync("How much is the monthly rent?");

        after.DeniedByAccess.ShouldBe(0);
        after.BestScoreZ.ShouldBe(before.BestScoreZ);
        after.Passages.Select(p => (p.Version, p.Score, p.LexicalScore)).ShouldBe(before.Passages.Select(p => (p.Version, p.Score, p.LexicalScore)));
    }

    [Fact]
    public async Task Without_a_usable_ticket_nothing_is_searched()
    {
        await _host.PublishAsync(_matter, "en", s_rent);
        var scope = await _host.ScopeAsync(_reader);
        var used = TestTickets.Issue();
        await _host.Search.SearchAsync(used, scope, new SearchQuery("rent"), default);
        await Should.ThrowAsync<TicketRefusedException>(() => _host.Search.SearchAsync(used, scope, new SearchQuery("rent"), default));
        await Should.ThrowAsync<TicketRefusedException>(() => _host.Search.SearchAsync(TestTickets.Issue(TicketUse.Generation), scope, new SearchQuery("rent"), default));
        await Should.ThrowAsync<TicketRefusedException>(() => _host.Search.SearchAsync(TestTickets.Issue(lifetime: TimeSpan.Zero), scope, new SearchQuery("rent"), default));
    }

    [Fact]
    public async Task A_version_that_Postgres_no_longer_shows_is_passed_over_and_then_reconciled()
    {
        var old = await _host.PublishAsync(_matter, "en", s_rent);
        var other = await _host.PublishAsync(_matter, "en", s_pets);
        await using (var context = await _databases.Contexts.CreateDbContextAsync())
        {
            await context.DocumentVersions.Where(v => v.Id == old.Version).ExecuteUpdateAsync(s => s.SetProperty(v => v.State, VersionState.Superseded));
        }

        var result = await AskAsync("How much is the monthly rent?");
        await _host.Reconciler.ReconcileAsync(default);

        result.Passages.Select(p => p.Version).ShouldBe([other.Version]);
        _host.Index.Versions.ShouldBe([other.Version]);
    }

    [Fact]
    public async Task A_document_that_is_being_deleted_is_not_shown()
    {
        var document = await _host.PublishAsync(_matter, "en", s_rent);
        await using (var context = await _databases.Contexts.CreateDbContextAsync())
        {
            await context.Documents.Where(d => d.Id == document.Document).ExecuteUpdateAsync(s => s.SetProperty(d => d.DeletingAt, TimeProvider.System.GetUtcNow()));
        }

        (await AskAsync("How much is the monthly rent?")).Passages.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_answer_comes_after_a_restart()
    {
        await _host.PublishAsync(_matter, "en", s_rent, s_pets);
        await _host.PublishAsync(_matter, "de", s_notice, s_payment);
        var before = await AskAsync("When is the rent due?");
        await _host.DisposeAsync();
        _host = new RetrievalHost(_databases);

        var after = await AskAsync("When is the rent due?");

        after.IndexVersion.ShouldBe(before.IndexVersion);
        after.Passages.Select(p => (p.Version, p.Ordinal, p.Score)).ShouldBe(before.Passages.Select(p => (p.Version, p.Ordinal, p.Score)));
    }

    private async Task<SearchResult> AskAsync(string question) =>
        await _host.Search.SearchAsync(TestTickets.Issue(TicketUse.Retrieval), await _host.ScopeAsync(_reader), new SearchQuery(question, 3), default);
}
