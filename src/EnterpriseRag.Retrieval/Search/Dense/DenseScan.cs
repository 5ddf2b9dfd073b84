using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Retrieval.Search.Lexical;

namespace EnterpriseRag.Retrieval.Search.Dense;

/// <summary>
/// What the scan of one set of matters found, apart for passages in the question's language and for all others: the best candidates by int8
/// scores, and how all scores spread. Cosines across languages are lower throughout, so the two groups are never compared raw.
/// </summary>
internal sealed record DenseCandidates(BestPassages Best, Spread Spread, BestPassages BestAcross, Spread SpreadAcross);

/// <summary>Exact scores of one passage, from the float vectors.</summary>
internal sealed record DenseScore(float Cosine, float[] SentenceCosines)
{
    /// <summary>Two grains: mean of the passage's cosine and its best sentence's (docs/design/retrieval.md has the measurement).</summary>
    public float Score { get; } = SentenceCosines.Length == 0 ? Cosine : (Cosine + SentenceCosines.Max()) / 2;
}

/// <summary>
/// Exact search: every passage in scope and its sentences are compared, with int8 codes first, and the best are scored again in float.
/// Rows outside the given matters are not read.
/// </summary>
internal static class DenseScan
{
    /// <summary>Passages (with their sentences, about 20 KB of codes each 8) that one worker takes at a time.</summary>
    private const int PassagesPerStep = 2048;

    /// <summary>Below this a second thread costs more than it brings.</summary>
    private const int PassagesForTwoWorkers = 4 * PassagesPerStep;

    /// <param name="snapshot">What to scan.</param>
    /// <param name="query">The question's code.</param>
    /// <param name="matters">Rows of other matters are not read.</param>
    /// <param name="keep">Candidates per group.</param>
    /// <param name="maxWorkers">Threads.</param>
    /// <param name="path">Kernel.</param>
    /// <param name="cancellationToken">Checked between steps.</param>
    /// <param name="language">The question's language; null puts all passages into the first group.</param>
    public static DenseCandidates Scan(
        IndexSnapshot snapshot, QueryCode query, IReadOnlySet<MatterId> matters, int keep, int maxWorkers, DotPath path, CancellationToken cancellationToken, string? language = null)
    {
        var across = snapshot.Segments.Select(s => s.Segment.Languages.Select(l => language is not null && !QueryTerms.Agree(language, l)).ToArray()).ToArray();
        var steps = Steps(snapshot, matters, out var passages);
        var workers = passages < PassagesForTwoWorkers ? 1 : Math.Clamp(maxWorkers, 1, steps.Count);
        var found = new Worker[workers];
        for (var w = 0; w < workers; w++)
        {
            found[w] = new Worker(keep);
        }

        var next = -1;
        if (workers == 1)
        {
            Run(found[0]);
        }
        else
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken }, w => Run(found[w]));
        }

        foreach (var other in found.AsSpan(1))
        {
            found[0].Same.Add(other.Same);
            found[0].Across.Add(other.Across);
        }

        return new DenseCandidates(found[0].Same.Best, found[0].Same.Spread, found[0].Across.Best, found[0].Across.Spread);

        void Run(Worker worker)
        {
            for (int step; (step = Interlocked.Increment(ref next)) < steps.Count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (segment, range) = steps[step];
                ScanRange(snapshot.Segments[segment].Segment, segment, range, query, across[segment], worker, path);
            }
        }
    }

    /// <summary>Exact scores from the float vectors.</summary>
    public static DenseScore Rescore(IndexSnapshot snapshot, PassageKey key, ReadOnlySpan<float> query)
    {
        var segment = snapshot.Segments[key.Segment].Segment;
        ref readonly var row = ref segment.Passages[key.Passage];
        var sentences = new float[row.Sentences];
        for (var s = 0; s < sentences.Length; s++)
        {
            sentences[s] = TensorPrimitives.Dot(query, segment.SentenceVector(row.FirstSentence + s));
        }

        return new DenseScore(TensorPrimitives.Dot(query, segment.PassageVector(key.Passage)), sentences);
    }

    private static List<(int Segment, PassageRange Range)> Steps(IndexSnapshot snapshot, IReadOnlySet<MatterId> matters, out int passages)
    {
        var steps = new List<(int, PassageRange)>();
        passages = 0;
        for (var s = 0; s < snapshot.Segments.Count; s++)
        {
            foreach (var (matter, ranges) in snapshot.Segments[s].Ranges)
            {
                if (!matters.Contains(matter))
                {
                    continue;
                }

                foreach (var range in ranges)
                {
                    passages += range.To - range.From;
                    for (var from = range.From; from < range.To; from += PassagesPerStep)
                    {
                        steps.Add((s, new PassageRange(from, Math.Min(range.To, from + PassagesPerStep))));
                    }
                }
            }
        }

        return steps;
    }

    private static void ScanRange(Segment segment, int position, PassageRange range, QueryCode query, bool[] across, Worker worker, DotPath path)
    {
        switch (path)
        {
            case DotPath.Vnni:
                ScanRange<VnniDot>(segment, position, range, query, across, worker);
                break;
            case DotPath.Avx512:
                ScanRange<Avx512Dot>(segment, position, range, query, across, worker);
                break;
            case DotPath.Avx2:
                ScanRange<Avx2Dot>(segment, position, range, query, across, worker);
                break;
            default:
                ScanRange<ScalarDot>(segment, position, range, query, across, worker);
                break;
        }
    }

    private static void ScanRange<TKernel>(Segment segment, int position, PassageRange range, QueryCode query, bool[] across, Worker worker)
        where TKernel : struct, IDotKernel
    {
        var passages = segment.Passages;
        var passageScales = segment.PassageScales;
        var sentenceScales = segment.SentenceScales;
        var rowBytes = (nuint)segment.RowBytes;
        ref var passageCodes = ref MemoryMarshal.GetReference(segment.PassageCodes);
        ref var sentenceCodes = ref MemoryMarshal.GetReference(segment.SentenceCodes);
        ref var signed = ref MemoryMarshal.GetArrayDataReference(query.Signed);
        ref var biased = ref MemoryMarshal.GetArrayDataReference(query.Biased);
        for (var p = range.From; p < range.To; p++)
        {
            var scale = passageScales[p];
            var score = TKernel.Dot(ref signed, ref biased, ref Unsafe.Add(ref passageCodes, (nuint)p * rowBytes), scale.Sum, rowBytes) * scale.Scale;
            ref readonly var row = ref passages[p];
            if (row.Sentences > 0)
            {
                var best = float.NegativeInfinity;
                for (var s = row.FirstSentence; s < row.FirstSentence + row.Sentences; s++)
                {
                    scale = sentenceScales[s];
                    best = MathF.Max(best, TKernel.Dot(ref signed, ref biased, ref Unsafe.Add(ref sentenceCodes, (nuint)s * rowBytes), scale.Sum, rowBytes) * scale.Scale);
                }

                score = (score + best) / 2;
            }

            score *= query.Scale;
            var group = across[row.Language] ? worker.Across : worker.Same;
            group.Spread.Add(score);
            if (score >= group.Best.Threshold)
            {
                group.Best.Offer(new PassageKey(position, p), score);
            }
        }
    }

    private sealed class Worker(int keep)
    {
        public readonly Group Same = new(keep);
        public readonly Group Across = new(keep);
    }

    private sealed class Group(int keep)
    {
        public readonly BestPassages Best = new(keep);
        public Spread Spread;

        public void Add(Group other)
        {
            Best.OfferAll(other.Best);
            Spread.Add(other.Spread);
        }
    }
}
