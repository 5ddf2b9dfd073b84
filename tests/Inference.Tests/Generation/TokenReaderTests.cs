using EnterpriseRag.Inference.Generation.Scheduling;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class TokenReaderTests
{
    [Fact]
    public async Task All_tokens_arrive_in_order_whatever_the_threads_do()
    {
        for (int round = 0; round < 200; round++)
        {
            const int Count = 500;
            var reader = new TokenReader(Count);
            var writer = new Thread(() =>
            {
                for (int i = 0; i < Count; i++)
                {
                    reader.Write(i);
                    if (i % 50 == round % 50)
                    {
                        Thread.Yield();
                    }
                }

                reader.Complete(null);
            });
            writer.Start();

            (await reader.ReadAllAsync().ToListAsync()).ShouldBe(Enumerable.Range(0, Count));
            writer.Join();
        }
    }

    [Fact]
    public async Task Waiting_ends_when_the_readers_token_is_cancelled_and_reading_can_go_on()
    {
        var reader = new TokenReader(2);
        using var cancellation = new CancellationTokenSource();
        ValueTask<bool> waiting = reader.WaitToReadAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await waiting);

        ValueTask<bool> again = reader.WaitToReadAsync(CancellationToken.None);
        reader.Write(7);
        (await again).ShouldBeTrue();
        reader.TryRead(out int token).ShouldBeTrue();
        token.ShouldBe(7);
    }

    [Fact]
    public async Task A_failure_comes_after_the_tokens_before_it()
    {
        var reader = new TokenReader(2);
        reader.Write(7);
        reader.Complete(new InvalidDataException("broken"));

        (await reader.WaitToReadAsync()).ShouldBeTrue();
        reader.TryRead(out _).ShouldBeTrue();
        (await Should.ThrowAsync<InvalidDataException>(async () => await reader.WaitToReadAsync())).Message.ShouldBe("broken");
    }

    [Fact]
    public async Task Neither_side_allocates_for_a_token()
    {
        const int Count = 3_000;
        var reader = new TokenReader(Count);
        long perToken = -1;
        var writer = new Thread(() =>
        {
            long before = 0;
            for (int i = 0; i < Count; i++)
            {
                if (i == 1_000)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }

                Thread.SpinWait(2_000); // the reader waits by now
                reader.Write(i);
            }

            perToken = GC.GetAllocatedBytesForCurrentThread() - before;
            reader.Complete(null);
        });
        writer.Start();
        int read = 0;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out _))
            {
                read++;
            }
        }

        writer.Join();
        read.ShouldBe(Count);
        // Less than a byte a token: the pool's own queue grows by a segment now and then.
        perToken.ShouldBeLessThan(Count - 1_000);
    }
}
