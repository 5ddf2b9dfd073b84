using System.Collections.Concurrent;
using System.Threading.Channels;
using EnterpriseRag.Inference.Sessions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Sessions;

public sealed class WorkerThreadsTests
{
    [Fact]
    public async Task Items_run_on_the_named_threads_and_disposal_finishes_what_waits()
    {
        var seen = new ConcurrentBag<(int Worker, int Item, string? Thread)>();
        var threads = new WorkerThreads<int>("test", 2, 4, (worker, item) => seen.Add((worker, item, Thread.CurrentThread.Name)));
        for (int i = 0; i < 100; i++)
        {
            await threads.EnqueueAsync(i, CancellationToken.None);
        }

        threads.Dispose();

        seen.Select(s => s.Item).Order().ShouldBe(Enumerable.Range(0, 100));
        seen.ShouldAllBe(s => s.Thread == $"test {s.Worker}");
        await Should.ThrowAsync<ChannelClosedException>(async () => await threads.EnqueueAsync(1, CancellationToken.None));
    }

    [Fact]
    public async Task A_full_queue_makes_writers_wait_and_cancelling_frees_them()
    {
        using var gate = new SemaphoreSlim(0);
        using var threads = new WorkerThreads<int>("test", 1, 1, (_, _) => gate.Wait());
        await threads.EnqueueAsync(1, CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        Task[] waiting = [.. Enumerable.Range(2, 3).Select(i => threads.EnqueueAsync(i, cancellation.Token).AsTask())];

        waiting.Count(w => !w.IsCompleted).ShouldBeGreaterThanOrEqualTo(1);
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(Task.WhenAll(waiting));
        gate.Release(10);
    }
}
