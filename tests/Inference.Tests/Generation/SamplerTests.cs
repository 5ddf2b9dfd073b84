using EnterpriseRag.Inference.Generation.Sampling;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class SamplerTests
{
    private static readonly float[] s_logits = [1f, 3f, 2f, 0f, -1f];

    [Fact]
    public void Greedy_takes_the_best_and_of_equal_ones_the_first() =>
        Draw(SamplingSettings.Greedy, [0f, 5f, 5f], 3).Distinct().ShouldBe([1]);

    [Fact]
    public void Frequencies_follow_the_softmax_of_the_temperature()
    {
        int[] counts = Count(new SamplingSettings(2, 0, 1, 1, 7), s_logits, 200_000);

        double[] weights = [.. s_logits.Select(l => Math.Exp(l / 2))];
        for (int id = 0; id < counts.Length; id++)
        {
            (counts[id] / 200_000.0).ShouldBe(weights[id] / weights.Sum(), 0.005);
        }
    }

    [Fact]
    public void Top_k_draws_the_k_best_only()
    {
        int[] counts = Count(new SamplingSettings(5, 2, 1, 1, 7), s_logits, 2_000);

        counts.Select((count, id) => (count, id)).Where(x => x.count > 0).Select(x => x.id).ShouldBe([1, 2]);
    }

    [Fact]
    public void Top_p_draws_the_smallest_set_that_reaches_the_share()
    {
        // softmax: .089 .657 .242 .033 .012: two reach .8, three .95
        Count(new SamplingSettings(1, 0, 0.8f, 1, 7), s_logits, 2_000).Count(c => c > 0).ShouldBe(2);
        Count(new SamplingSettings(1, 0, 0.95f, 1, 7), s_logits, 2_000).Count(c => c > 0).ShouldBe(3);
        Count(new SamplingSettings(1, 0, 0.01f, 1, 7), s_logits, 2_000).Count(c => c > 0).ShouldBe(1);
    }

    [Fact]
    public void The_same_seed_draws_the_same()
    {
        var settings = new SamplingSettings(1, 0, 1, 1, 42);

        Draw(settings, s_logits, 100).ShouldBe(Draw(settings, s_logits, 100));
        Draw(settings, s_logits, 100).ShouldNotBe(Draw(settings with { Seed = 43 }, s_logits, 100));
        Draw(settings with { Seed = null }, s_logits, 100).ShouldNotBe(Draw(settings with { Seed = null }, s_logits, 100));
    }

    [Fact]
    public void The_penalty_lowers_positive_and_negative_logits_of_prompt_and_answer()
    {
        var sampler = new Sampler(3);
        sampler.Begin(SamplingSettings.Greedy with { RepetitionPenalty = 2 }, [0]);
        float[] logits = [4f, 3f, -1f];

        sampler.Next(logits).ShouldBe(1);

        logits.ShouldBe([2f, 3f, -1f]);
        float[] next = [-1f, 3f, 1.6f];
        sampler.Next(next).ShouldBe(2);
        next.ShouldBe([-2f, 1.5f, 1.6f]);
    }

    [Fact]
    public void A_request_knows_nothing_of_the_one_before()
    {
        var sampler = new Sampler(3);
        sampler.Begin(SamplingSettings.Greedy with { RepetitionPenalty = 10 }, [0, 1]);
        sampler.Next([4f, 3f, 2f]);

        sampler.Begin(SamplingSettings.Greedy with { RepetitionPenalty = 10 }, []);

        sampler.Next([4f, 3f, 2f]).ShouldBe(0);
    }

    [Fact]
    public void Padding_rows_of_the_vocabulary_are_never_chosen()
    {
        var sampler = new Sampler(2);
        sampler.Begin(SamplingSettings.Greedy, []);

        sampler.Next([1f, 2f, 9f]).ShouldBe(1);
    }

    [Fact]
    public void Logits_that_are_not_numbers_are_an_error()
    {
        var sampler = new Sampler(3);
        sampler.Begin(SamplingSettings.Greedy, []);

        Should.Throw<InvalidDataException>(() => sampler.Next([1f, float.NaN, 0f]));
    }

    [Fact]
    public void A_bias_moves_a_token_and_bans_it_at_minus_100()
    {
        Draw(SamplingSettings.Greedy with { LogitBias = [(4, 4.5f)] }, s_logits, 1).ShouldBe([4]);
        Count(new SamplingSettings(5, 0, 1, 1, 7) { LogitBias = [(1, -100), (99, 5)] }, s_logits, 2_000)[1].ShouldBe(0);
        Draw(SamplingSettings.Greedy with { LogitBias = [(1, -100)] }, s_logits, 1).ShouldBe([2]);
    }

    [Fact]
    public void Banning_everything_is_the_callers_error()
    {
        Should.Throw<ArgumentException>(() => Draw(SamplingSettings.Greedy with { LogitBias = [(0, -100), (1, -100)] }, [1f, 2f], 1));
    }

    [Fact]
    public void Answers_penalties_count_the_answer_only()
    {
        var sampler = new Sampler(3);
        sampler.Begin(SamplingSettings.Greedy with { FrequencyPenalty = 1, PresencePenalty = 0.5f }, [1]);
        float[][] steps = [[0f, 5f, 1f], [0f, 5f, 1f], [0f, 5f, 1f]];

        int[] chosen = [.. steps.Select(logits => sampler.Next(logits))];

        chosen.ShouldBe([1, 1, 1]);
        steps.Select(logits => logits[1]).ShouldBe([5f, 3.5f, 2.5f]);
        sampler.Begin(SamplingSettings.Greedy with { FrequencyPenalty = 1 }, []);
        float[] next = [0f, 5f, 1f];
        sampler.Next(next);
        next[1].ShouldBe(5f);
    }

    [Fact]
    public void Min_p_leaves_out_what_is_unlikely_beside_the_best()
    {
        // Relative to the best: .14 1 .37 .05 .02
        Count(new SamplingSettings(1, 0, 1, 1, 7) { MinP = 0.3f }, s_logits, 2_000).Count(c => c > 0).ShouldBe(2);
        Count(new SamplingSettings(1, 4, 1, 1, 7) { MinP = 0.1f }, s_logits, 2_000).Count(c => c > 0).ShouldBe(3);
    }

    [Fact]
    public void Log_probabilities_are_the_models_own()
    {
        var scores = new TokenScores(4, 2);
        var sampler = new Sampler(5);
        sampler.Begin(SamplingSettings.Greedy with { LogitBias = [(3, 50)], RepetitionPenalty = 3, Scores = scores }, [1]);
        sampler.Next((float[])s_logits.Clone());
        sampler.Next((float[])s_logits.Clone());

        double sum = s_logits.Sum(l => Math.Exp(l));
        scores.Chosen(0).ShouldBe((float)Math.Log(Math.Exp(0) / sum), 1e-5f);
        scores.TopIds(1).ToArray().ShouldBe([1, 2]);
        scores.TopValues(1)[0].ShouldBe((float)Math.Log(Math.Exp(3) / sum), 1e-5f);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_mask_takes_away_the_same_with_vectors_and_without(int tokens)
    {
        var random = new Random(5);
        float[] scalar = [.. Enumerable.Range(0, tokens).Select(i => (float)i)];
        float[] vectors = [.. scalar];
        ulong[] mask = new ulong[TokenMask.Words(tokens)];
        for (int word = 0; word < mask.Length; word++)
        {
            mask[word] = (word % 4) switch { 0 => (ulong)random.NextInt64(), 1 => 0, 2 => ulong.MaxValue, _ => 1UL << random.Next(64) };
        }

        TokenMask.ApplyScalar(scalar, mask);
        TokenMask.ApplyVectors(vectors, mask);

        vectors.ShouldBe(scalar);
        scalar.Select((value, id) => float.IsFinite(value) == ((mask[id / 64] >> (id % 64) & 1) == 1)).ShouldAllBe(right => right);
    }

    [Fact]
    public void A_choice_allocates_nothing()
    {
        foreach (SamplingSettings settings in (SamplingSettings[])[SamplingSettings.Greedy, new(0.8f, 50, 0.9f, 1.1f, 1), new(0.8f, 0, 0.9f, 1.1f, 1),
            new(0.8f, 0, 0.9f, 1, 1) { MinP = 0.01f, FrequencyPenalty = 0.1f, PresencePenalty = 0.1f, LogitBias = [(3, 1)], Scores = new TokenScores(40, 5) }])
        {
            var sampler = new Sampler(1_000);
            float[] logits = [.. Enumerable.Range(0, 1_000).Select(i => MathF.Sin(i))];
            sampler.Begin(settings, [.. Enumerable.Range(0, 1_000)]);
            for (int i = 0; i < 10; i++)
            {
                sampler.Next(logits);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                sampler.Next(logits);
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        }
    }

    private static int[] Draw(SamplingSettings settings, float[] logits, int draws)
    {
        var sampler = new Sampler(logits.Length);
        sampler.Begin(settings, []);
        return [.. Enumerable.Range(0, draws).Select(_ => sampler.Next((float[])logits.Clone()))];
    }

    private static int[] Count(SamplingSettings settings, float[] logits, int draws)
    {
        int[] counts = new int[logits.Length];
        foreach (int id in Draw(settings, logits, draws))
        {
            counts[id]++;
        }

        return counts;
    }
}
