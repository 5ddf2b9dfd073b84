using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Tests.Extract;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Keys;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Microsoft.EntityFrameworkCore;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Pipeline;

public sealed class IngestionTests : IAsyncLifetime
{
    private TestDatabases _databases = null!; // set in InitializeAsync
    private IngestionNode _node = null!; // set in InitializeAsync

    public async ValueTask InitializeAsync()
    {
        _databases = await IngestionNode.InstallAsync();
        _node = await IngestionNode.StartAsync(_databases);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task A_received_pdf_answers_with_exact_text_and_page()
    {
        var (matter, actor) = await _node.MatterAsync();
        var pdf = HandMadePdf.FromLines(["1. Zweck", "Dieser Vertrag regelt die Wartung der Kälteanlage im Werk Süd."], ["2. Kündigung", "Jede Partei kann den Vertrag mit einer Frist von sechs Wochen kündigen."]);

        var received = (await _node.ReceiveAsync(actor, matter, "wartung.pdf", pdf)).Value;
        var version = await _node.WaitAsync(received.Version, VersionState.Ready);

        (version.MediaType, version.Language, version.PageCount).ShouldBe(("application/pdf", "de", 2));
        var text = await _node.Get<DocumentTextStore>().LoadAsync(received.Document, received.Version, CancellationToken.None);
        await using var context = await _node.Contexts.CreateDbContextAsync();
        var chunks = await context.Chunks.Where(c => c.VersionId == received.Version).OrderBy(c => c.Ordinal).ToListAsync();
        chunks.Count.ShouldBe(version.ChunkCount);
        chunks.ShouldAllBe(c => c.Text == text.Text.Substring(c.Start, c.Length));
        var best = (await _node.SearchAsync(actor, "Welche Kündigungsfrist gilt?")).Passages[0];
        (best.Version, best.Page, best.HeadingPath[^1]).ShouldBe((received.Version, 2, "2. Kündigung"));
        (await _node.Get<LedgerVerifier>().VerifyAsync(deep: true, null, CancellationToken.None)).Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_bytes_change_nothing_and_other_bytes_become_the_next_version()
    {
        var (matter, actor) = await _node.MatterAsync();
        var first = (await _node.ReceiveAsync(actor, matter, "nda.txt", "The receiving party keeps the secret for three years.")).Value;
        await _node.WaitAsync(first.Version, VersionState.Ready);

        var again = (await _node.ReceiveAsync(actor, matter, "nda.txt", "The receiving party keeps the secret for three years.")).Value;
        again.ShouldBe(first with { Unchanged = true });

        var hold = new TaskCompletionSource();
        _node.Index.Gate = hold.Task;
        var second = (await _node.ReceiveAsync(actor, matter, "nda.txt", "The receiving party keeps the secret for nine years.")).Value;
        await _node.WaitAsync(second.Version, VersionState.Embedding);
        (await _node.SearchAsync(actor, "How long is the secret kept?")).Passages.ShouldHaveSingleItem().Text.ShouldContain("three");
        hold.SetResult();
        await _node.WaitAsync(second.Version, VersionState.Ready);

        (await _node.SearchAsync(actor, "How long is the secret kept?")).Passages.ShouldHaveSingleItem().Text.ShouldContain("nine");
        (second.Document, (await _node.WaitAsync(first.Version, VersionState.Superseded)).Number).ShouldBe((first.Document, 1));
        var progress = (await _node.Get<IngestionProgress>().OfMatterAsync(await ScopeAsync(actor), matter, CancellationToken.None)).ShouldHaveSingleItem();
        (progress.Number, progress.State, progress.AnsweringNumber).ShouldBe((2, VersionState.Ready, 2));
    }

    [Fact]
    public async Task One_bad_file_fails_with_a_reason_and_the_batch_goes_on()
    {
        var (matter, actor) = await _node.MatterAsync();
        var bad = (await _node.ReceiveAsync(actor, matter, "empty.pdf", "")).Value;
        var good = (await _node.ReceiveAsync(actor, matter, "good.md", "# Lease\n\nThe rent is due on the third working day.")).Value;

        var failed = await _node.WaitAsync(bad.Version, VersionState.Failed);
        await _node.WaitAsync(good.Version, VersionState.Ready);

        ExtractionFailure.Parse(failed.FailureReason.ShouldNotBeNull()).Code.ShouldBe(FailureCodes.Empty);
        (await _node.Intake.RetryAsync(actor, bad.Version, CancellationToken.None)).Value.ShouldBeTrue();
        await _node.WaitAsync(bad.Version, VersionState.Failed);
        (await _node.Intake.RetryAsync(actor, good.Version, CancellationToken.None)).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.Conflict);
    }

    [Fact]
    public async Task Only_contributors_owners_and_the_administrator_change_documents()
    {
        var (matter, contributor) = await _node.MatterAsync();
        var matters = _node.Get<Matters>();
        var reader = IngestionNode.Person(new PersonId(_node.Get<IdFactory>().Next()));
        await matters.SetMemberAsync(matter, reader.Person, MatterRole.Reader, CancellationToken.None);
        var walled = IngestionNode.Person(new PersonId(_node.Get<IdFactory>().Next()));
        await matters.SetMemberAsync(matter, walled.Person, MatterRole.Owner, CancellationToken.None);
        await matters.SetWallAsync(matter, walled.Person, CancellationToken.None);
        var stranger = IngestionNode.Person(new PersonId(_node.Get<IdFactory>().Next()));
        var administrator = IngestionNode.Person(new PersonId(_node.Get<IdFactory>().Next()), PlatformRoles.Administrator);

        (await _node.ReceiveAsync(reader, matter, "a.txt", "text")).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.Forbidden);
        (await _node.ReceiveAsync(walled, matter, "a.txt", "text")).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.NotFound);
        (await _node.ReceiveAsync(stranger, matter, "a.txt", "text")).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.NotFound);
        var document = (await _node.ReceiveAsync(administrator, matter, "a.txt", "text")).Value.Document;
        (await _node.Intake.DeleteAsync(reader, document, CancellationToken.None)).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.Forbidden);
        (await _node.Intake.DeleteAsync(stranger, document, CancellationToken.None)).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.NotFound);
        (await _node.Intake.DeleteAsync(contributor, document, CancellationToken.None)).Value.ShouldBeTrue();
        (await _node.Intake.DeleteAsync(contributor, document, CancellationToken.None)).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.NotFound);
    }

    [Fact]
    public async Task Deleting_leaves_nothing_behind()
    {
        const string Marker = "Xylophonquittung";
        var (matter, actor) = await _node.MatterAsync();
        var received = (await _node.ReceiveAsync(actor, matter, "marker.txt", $"Die {Marker} wird im Archiv aufbewahrt.")).Value;
        await _node.WaitAsync(received.Version, VersionState.Ready);
        (await _node.FindAsync(Marker)).ShouldContain("rag.chunk");

        (await _node.Intake.DeleteAsync(actor, received.Document, CancellationToken.None)).Value.ShouldBeTrue();

        (await _node.FindAsync(Marker)).ShouldBeEmpty();
        (await _node.FindAsync(received.Document.ToString())).ShouldBeEmpty();
        (await _node.FindAsync(received.Version.ToString())).ShouldBeEmpty();
        _node.Index.Versions.ShouldNotContain(received.Version);
        Directory.EnumerateDirectories(Path.Combine(_node.DataDirectory, "blobs"), received.Document.Value.ToString("N"), SearchOption.AllDirectories).ShouldBeEmpty();
        (await _node.SearchAsync(actor, Marker)).Passages.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deleting_while_the_worker_is_at_any_stage_lets_nothing_reappear()
    {
        var (matter, actor) = await _node.MatterAsync();
        var documents = new List<ReceivedDocument>();
        var random = new Random(5);
        for (var i = 0; i < 12; i++)
        {
            var received = (await _node.ReceiveAsync(actor, matter, $"{i}.md", $"# Vertrag {i}\n\nDer Marker Zebrastreifen{i:00} steht hier.")).Value;
            documents.Add(received);
            await Task.Delay(random.Next(0, 120));
            (await _node.Intake.DeleteAsync(actor, received.Document, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        }

        await QueueIsEmptyAsync();

        (await _node.FindAsync("Zebrastreifen")).ShouldBeEmpty();
        _node.Index.Versions.Intersect(documents.Select(d => d.Version)).ShouldBeEmpty();
        foreach (var document in documents)
        {
            (await _node.Get<KeyBroker>().FindDocumentKeyAsync(document.Document, CancellationToken.None)).ShouldBeNull();
            Directory.EnumerateDirectories(Path.Combine(_node.DataDirectory, "blobs"), document.Document.Value.ToString("N"), SearchOption.AllDirectories).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_deletion_that_the_index_refuses_stays_pending_visible_and_is_finished_later()
    {
        var (matter, actor) = await _node.MatterAsync();
        var received = (await _node.ReceiveAsync(actor, matter, "a.txt", "The landlord repairs the roof.")).Value;
        await _node.WaitAsync(received.Version, VersionState.Ready);
        _node.Index.RefuseRemoval = true;

        var outcome = await _node.Intake.DeleteAsync(actor, received.Document, CancellationToken.None);

        outcome.Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.Unavailable);
        var progress = await _node.Get<IngestionProgress>().OfDocumentAsync(await ScopeAsync(actor), received.Document, CancellationToken.None);
        progress.ShouldNotBeNull().IsDeleting.ShouldBeTrue();
        (await _node.SearchAsync(actor, "Who repairs the roof?")).Passages.ShouldBeEmpty();

        _node.Index.RefuseRemoval = false;
        await QueueIsEmptyAsync();

        _node.Index.Versions.ShouldNotContain(received.Version);
        (await _node.Get<IngestionProgress>().OfDocumentAsync(await ScopeAsync(actor), received.Document, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_crash_between_index_and_commit_is_repaired_by_the_retry()
    {
        var (matter, actor) = await _node.MatterAsync();
        _node.Index.FailAfterPublish = 1;

        var received = (await _node.ReceiveAsync(actor, matter, "a.txt", "The notice period is thirty days.")).Value;
        await _node.WaitAsync(received.Version, VersionState.Ready);

        _node.Index.Publications.ShouldBe(2);
        (await _node.SearchAsync(actor, "What is the notice period?")).Passages.ShouldHaveSingleItem().Version.ShouldBe(received.Version);
        await using var context = await _node.Contexts.CreateDbContextAsync();
        (await context.Chunks.CountAsync(c => c.VersionId == received.Version)).ShouldBe(1);
        (await context.Jobs.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Without_the_ledger_nothing_is_received_or_deleted()
    {
        var (matter, actor) = await _node.MatterAsync();
        var kept = (await _node.ReceiveAsync(actor, matter, "kept.txt", "This stays.")).Value;
        await _node.WaitAsync(kept.Version, VersionState.Ready);
        var ledger = _databases.Options.Name(DatabaseKind.Audit);
        await _node.AdminAsync($"ALTER DATABASE {ledger} CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{ledger}'", DatabaseKind.Rag);

        (await _node.ReceiveAsync(actor, matter, "new.txt", "Ungesehen.")).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.AuditUnavailable);
        (await _node.Intake.DeleteAsync(actor, kept.Document, CancellationToken.None)).Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.AuditUnavailable);

        await using var context = await _node.Contexts.CreateDbContextAsync();
        (await context.Documents.Where(d => d.MatterId == matter).Select(d => d.DeletingAt).ToListAsync()).ShouldBe([null]);
        (await context.Jobs.CountAsync()).ShouldBe(0);
        await _node.AdminAsync($"ALTER DATABASE {ledger} CONNECTION LIMIT -1", DatabaseKind.Rag);
    }

    [Fact]
    public async Task A_lost_index_is_filled_again_from_the_stored_chunks()
    {
        var (matter, actor) = await _node.MatterAsync();
        var received = (await _node.ReceiveAsync(actor, matter, "a.txt", "The warranty covers two years from delivery.")).Value;
        await _node.WaitAsync(received.Version, VersionState.Ready);
        await _node.DisposeAsync();
        Directory.Delete(Path.Combine(_databases.DataDirectory, "index"), recursive: true);

        _node = await IngestionNode.StartAsync(_databases);
        for (var i = 0; i < 300 && _node.Index.Versions.Count == 0; i++)
        {
            await Task.Delay(100);
        }

        (await _node.SearchAsync(actor, "How long is the warranty?")).Passages.ShouldHaveSingleItem().Version.ShouldBe(received.Version);
    }

    [Fact]
    public async Task Work_of_a_killed_process_goes_on_at_once_and_a_poisonous_file_ends_as_failed()
    {
        var (matter, actor) = await _node.MatterAsync();
        await _node.DisposeAsync();
        _node = await IngestionNode.StartAsync(_databases);
        var hold = new TaskCompletionSource();
        _node.Index.Gate = hold.Task;
        var interrupted = (await _node.ReceiveAsync(actor, matter, "a.txt", "Interrupted work goes on.")).Value;
        await _node.WaitAsync(interrupted.Version, VersionState.Embedding);
        await _node.DisposeAsync(); // an orderly stop in the middle of a publication
        await using (var context = await _databases.Contexts.CreateDbContextAsync())
        {
            // what a kill leaves: a lease of this installation that nobody renews
            var owner = $"{Environment.MachineName}:{Path.GetFullPath(_databases.DataDirectory)}:0:0";
            (await context.Database.ExecuteSqlAsync($"UPDATE rag.job SET lease_owner = {owner}, lease_until = now() + interval '1 hour', attempts = 1")).ShouldBe(1);
        }

        _node = await IngestionNode.StartAsync(_databases);
        await _node.WaitAsync(interrupted.Version, VersionState.Ready);

        hold = new TaskCompletionSource();
        _node.Index.Gate = hold.Task;
        var poison = (await _node.ReceiveAsync(actor, matter, "b.txt", "This one kills the process.")).Value;
        await _node.WaitAsync(poison.Version, VersionState.Embedding);
        await _node.DisposeAsync();
        await using (var context = await _databases.Contexts.CreateDbContextAsync())
        {
            await context.Database.ExecuteSqlAsync($"UPDATE rag.job SET attempts = 5");
        }

        _node = await IngestionNode.StartAsync(_databases);
        var failed = await _node.WaitAsync(poison.Version, VersionState.Failed);
        ExtractionFailure.Parse(failed.FailureReason.ShouldNotBeNull()).Code.ShouldBe(FailureCodes.Internal);
        (await _node.Intake.RetryAsync(actor, poison.Version, CancellationToken.None)).Value.ShouldBeTrue();
        await _node.WaitAsync(poison.Version, VersionState.Ready);
    }

    [Fact]
    public async Task Files_that_no_row_knows_are_removed_at_the_next_start()
    {
        var orphan = new DocumentId(_node.Get<IdFactory>().Next());
        using (var content = new MemoryStream([1, 2, 3]))
        {
            await _node.Get<BlobStore>().PutAsync(orphan, content, CancellationToken.None);
        }

        var folder = Directory.EnumerateDirectories(Path.Combine(_databases.DataDirectory, "blobs"), orphan.Value.ToString("N"), SearchOption.AllDirectories).Single();
        var yesterday = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1);
        File.SetLastWriteTimeUtc(Directory.EnumerateFiles(folder).Single(), yesterday);
        Directory.SetLastWriteTimeUtc(folder, yesterday);
        await _node.DisposeAsync();

        _node = await IngestionNode.StartAsync(_databases);
        for (var i = 0; i < 100 && Directory.Exists(folder); i++)
        {
            await Task.Delay(100);
        }

        Directory.Exists(folder).ShouldBeFalse();
    }

    private Task<ReadableScope> ScopeAsync(Audit.Actor actor) => _node.Get<ScopeResolver>().ResolveAsync(actor.Person, CancellationToken.None);

    private async Task QueueIsEmptyAsync()
    {
        for (var i = 0; i < 300; i++)
        {
            await using var context = await _node.Contexts.CreateDbContextAsync();
            if (!await context.Jobs.AnyAsync())
            {
                return;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException("The queue does not empty.");
    }
}
