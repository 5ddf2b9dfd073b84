using System.Numerics.Tensors;
using EnterpriseRag.Inference.Generation.Decoding;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class DecoderTests : IAsyncLifetime
{
    private Decoder _decoder = null!; // set before each test
    private DecoderSequence _sequence = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _decoder = await GenerationModelFixture.NewDecoderAsync();
        _sequence = new DecoderSequence(_decoder);
    }

    public ValueTask DisposeAsync()
    {
        _decoder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Logits_after_the_golden_prompts_equal_the_references()
    {
        foreach (GoldenChat chat in GoldenChat.All)
        {
            _sequence.Reset();

            Span<float> logits = _sequence.Append(chat.PromptIds);

            logits.Length.ShouldBe(49_152);
            for (int id = 0; id < 64; id++)
            {
                logits[id].ShouldBe(chat.OnnxInt8.FirstLogits64[id], GoldenChat.LogitTolerance);
            }

            foreach (double[] best in chat.OnnxInt8.FirstTop10)
            {
                logits[(int)best[0]].ShouldBe((float)best[1], GoldenChat.LogitTolerance);
            }
        }
    }

    [Fact]
    public void Greedy_tokens_equal_the_references()
    {
        foreach (GoldenChat chat in GoldenChat.All)
        {
            _sequence.Reset();
            var tokens = new List<int>();
            Span<float> logits = _sequence.Append(chat.PromptIds);
            while (tokens.Count < chat.ExpectedTokens.Length)
            {
                tokens.Add(TensorPrimitives.IndexOfMax<float>(logits));
                logits = _sequence.Append([tokens[^1]]);
            }

            tokens.ShouldBe(chat.ExpectedTokens);
        }
    }

    [Fact]
    public void A_sequence_leaves_no_trace_in_the_next()
    {
        int[] prompt = GoldenChat.All[0].PromptIds;
        float[] fresh = _sequence.Append(prompt).ToArray();
        _sequence.Reset();
        _sequence.Append(GoldenChat.All.MaxBy(c => c.PromptIds.Length)!.PromptIds);
        _sequence.Reset();

        _sequence.Append(prompt).SequenceEqual(fresh).ShouldBeTrue();
    }

    [Fact]
    public void A_step_allocates_no_managed_memory()
    {
        _sequence.Append(GoldenChat.All[0].PromptIds);
        int token = 504;
        for (int i = 0; i < 5; i++)
        {
            _sequence.Append(new ReadOnlySpan<int>(in token));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            _sequence.Append(new ReadOnlySpan<int>(in token));
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void The_cache_budget_caps_the_context_below_the_models_own()
    {
        // 64 MB at 46,080 bytes a token, in steps of 256
        _decoder.Capacity.ShouldBe(1_280);
        Should.Throw<ArgumentOutOfRangeException>(() => { _sequence.Append(new int[1_281]); });
    }

    [Fact]
    public void A_terminated_prompt_ends_and_the_decoder_works_on()
    {
        _decoder.TerminatePrefill();
        Should.Throw<OperationCanceledException>(() => { _sequence.Append(GoldenChat.All[0].PromptIds); });

        _decoder.ResetTermination();
        _sequence.Reset();
        TensorPrimitives.IndexOfMax<float>(_sequence.Append(GoldenChat.All[0].PromptIds)).ShouldBe(504);
    }
}
