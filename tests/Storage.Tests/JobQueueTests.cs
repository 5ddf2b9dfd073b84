using System.Collections.Concurrent;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class JobQueueTests(FreshDatabases databases) : IClassFixture<FreshDatabases>
{
    // Each test has a kind of its own, so that the class can share its databases.

    [Fact]
    public async Task Four_workers_do_every_job_once()
    {
        const int Jobs = 200;
        var queue = Queue(new JobOptions());
        await EnqueueAsync(queue, "four", Jobs);
        var done = new ConcurrentBag<Guid>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
        {
            while (await queue.TakeAsync($"w{worker}", ["four"], CancellationToken.None) is { } lease)
            {
                await CompleteAsync(queue, lease);
                done.Add(lease.Id);
            }
        }));

        done.Count.ShouldBe(Jobs);
        done.Distinct().Count().ShouldBe(Jobs);
        (await CountAsync("four")).ShouldBe(0);
    }

    [Fact]
    public async Task A_job_of_a_dead_worker_is_taken_again_and_the_dead_workers_late_result_is_refused()
    {
        var queue = Queue(new JobOptions { LeaseSeconds = 1 });
        await EnqueueAsync(queue, "killed", 1);
        var dead = await TakeAsync(queue, "killed");
        (await queue.TakeAsync("other", ["killed"], CancellationToken.None)).ShouldBeNull();

        await Task.Delay(TimeSpan.FromSeconds(1.2));
        var second = await TakeAsync(queue, "killed");

        second.Id.ShouldBe(dead.Id);
        second.Attempt.ShouldBe(2);
        await Should.ThrowAsync<LeaseLostException>(() => CompleteAsync(queue, dead));
        (await queue.RenewAsync(dead, CancellationToken.None)).ShouldBeFalse();
        await CompleteAsync(queue, second);
        (await CountAsync("killed")).ShouldBe(0);
    }

    [Fact]
    public async Task A_renewed_lease_does_not_run_out()
    {
        var queue = Queue(new JobOptions { LeaseSeconds = 2 });
        await EnqueueAsync(queue, "renewed", 1);
        var lease = await TakeAsync(queue, "renewed");

        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            (await queue.RenewAsync(lease, CancellationToken.None)).ShouldBeTrue();
        }

        (await queue.TakeAsync("other", ["renewed"], CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_failing_job_waits_longer_each_time_and_ends_as_a_dead_letter_with_its_reason()
    {
        var queue = Queue(new JobOptions { MaxAttempts = 3, FirstRetrySeconds = 10, LongestRetrySeconds = 15 });
        var version = await databases.AddVersionAsync();
        await EnqueueAsync(queue, "failing", 1, version.Id);
        var waits = new List<double>();

        var fate = JobFate.Retry;
        while (fate == JobFate.Retry)
        {
            var lease = await TakeAsync(queue, "failing");
            await InTransactionAsync(async context => fate = await queue.FailAsync(context, lease, "the extractor ended with code 1", CancellationToken.None));
            if (fate == JobFate.Retry)
            {
                waits.Add(await ScalarAsync<double>("SELECT extract(epoch FROM available_at - now())::float8 FROM rag.job WHERE kind = 'failing'"));
                (await queue.TakeAsync("w", ["failing"], CancellationToken.None)).ShouldBeNull();
                await ScalarAsync<object>("UPDATE rag.job SET available_at = now() WHERE kind = 'failing' RETURNING 1");
            }
        }

        waits.Count.ShouldBe(2);
        waits[0].ShouldBeInRange(8, 10);
        waits[1].ShouldBeInRange(13, 15); // twice 10, but capped
        (await queue.TakeAsync("w", ["failing"], CancellationToken.None)).ShouldBeNull();
        (await ScalarAsync<string>("SELECT last_error FROM rag.job WHERE kind = 'failing' AND dead_at IS NOT NULL")).ShouldBe("the extractor ended with code 1");
        (await queue.DepthAsync(CancellationToken.None)).Dead.ShouldBeGreaterThanOrEqualTo(1);

        await using var context = databases.Set.Contexts.CreateDbContext();
        (await queue.ReviveAsync(context, version.Id, CancellationToken.None)).ShouldBe(1);
        (await TakeAsync(queue, "failing")).Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task A_job_that_killed_all_its_workers_is_offered_once_more_only_to_be_buried()
    {
        var queue = Queue(new JobOptions { LeaseSeconds = 1, MaxAttempts = 1 });
        await EnqueueAsync(queue, "poison", 1);
        (await TakeAsync(queue, "poison")).IsExhausted.ShouldBeFalse();

        await Task.Delay(TimeSpan.FromSeconds(1.2));
        var lease = await TakeAsync(queue, "poison");

        lease.IsExhausted.ShouldBeTrue();
        await InTransactionAsync(context => queue.BuryAsync(context, lease, "its workers died", CancellationToken.None));
        (await queue.TakeAsync("w", ["poison"], CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_rolled_back_caller_leaves_no_job_and_ends_none()
    {
        var queue = Queue(new JobOptions());
        await EnqueueAsync(queue, "rolled", 1);
        var lease = await TakeAsync(queue, "rolled");
        await using (var context = databases.Set.Contexts.CreateDbContext())
        {
            await using var transaction = await context.Database.BeginTransactionAsync();
            queue.Enqueue(context, "rolled", null);
            await context.SaveChangesAsync();
            await queue.CompleteAsync(context, lease, CancellationToken.None);
        }

        (await CountAsync("rolled")).ShouldBe(1);
        (await queue.RenewAsync(lease, CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task Ending_a_job_outside_a_transaction_is_refused()
    {
        var queue = Queue(new JobOptions());
        await EnqueueAsync(queue, "loose", 1);
        var lease = await TakeAsync(queue, "loose");
        await using var context = databases.Set.Contexts.CreateDbContext();

        await Should.ThrowAsync<InvalidOperationException>(() => queue.CompleteAsync(context, lease, CancellationToken.None));
    }

    [Fact]
    public async Task Deleting_a_document_deletes_its_jobs()
    {
        var queue = Queue(new JobOptions());
        var version = await databases.AddVersionAsync();
        await EnqueueAsync(queue, "cascade", 1, version.Id);
        await using var context = databases.Set.Contexts.CreateDbContext();

        await context.Documents.Where(document => document.Id == version.DocumentId).ExecuteDeleteAsync();

        (await CountAsync("cascade")).ShouldBe(0);
    }

    private JobQueue Queue(JobOptions options) => new(databases.Set.Databases, Options.Create(options), databases.Ids, TimeProvider.System, NullLogger<JobQueue>.Instance);

    private async Task EnqueueAsync(JobQueue queue, string kind, int count, DocumentVersionId? version = null)
    {
        await using var context = databases.Set.Contexts.CreateDbContext();
        for (var i = 0; i < count; i++)
        {
            queue.Enqueue(context, kind, version, $$"""{"i":{{i}}}""");
        }

        await context.SaveChangesAsync();
    }

    private static async Task<JobLease> TakeAsync(JobQueue queue, string kind) => (await queue.TakeAsync("w", [kind], CancellationToken.None)).ShouldNotBeNull();

    private Task CompleteAsync(JobQueue queue, JobLease lease) => InTransactionAsync(context => queue.CompleteAsync(context, lease, CancellationToken.None));

    private async Task InTransactionAsync(Func<RagDbContext, Task> work)
    {
        await using var context = databases.Set.Contexts.CreateDbContext();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await work(context);
        await transaction.CommitAsync();
    }

    private Task<int> CountAsync(string kind) => ScalarAsync<int>($"SELECT count(*)::int FROM rag.job WHERE kind = '{kind}'");

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using NpgsqlCommand command = databases.Set.Databases.Rag.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync()).ShouldNotBeNull();
    }
}
