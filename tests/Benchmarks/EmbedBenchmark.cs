using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Benchmarks;

/// <summary>
/// Texts per second of the embedding model in the box on German and English texts of 128 to 256 tokens: ours from text to vector, beside onnxruntime-node
/// with its defaults from token ids to vector (batches of 32, padded). So the tokenizer's time is in our figure and not in the peer's.
/// </summary>
internal static class EmbedBenchmark
{
    public const string Name = "embed";
    public const string Unit = "texts/s";
    private const int Texts = 96;
    private const int Rounds = 7;
    private const int PeerBatch = 32; // the default of sentence-transformers

    /// <summary>Medians of seven rounds of 96 texts each in turn, after one each to warm up and a comparison of the vectors.</summary>
    public static async Task<Measurement> RunAsync(CancellationToken cancellationToken)
    {
        await using ServiceProvider services = await InferenceUnderTest.StartAsync();
        var generator = services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Passage);
        string folder = RepositoryFiles.Model("multilingual-e5-small");
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        (string[] texts, int[][] ids) = MakeTexts(tokenizer);

        using PeerProcess peer = PeerProcess.Start("embed.mjs", Path.Combine(folder, "model.onnx"));
        await peer.AskAsync<string>(JsonSerializer.Serialize(ids), cancellationToken);
        GeneratedEmbeddings<Embedding<float>> ours = await generator.GenerateAsync(texts, cancellationToken: cancellationToken);
        RequireEqual(ours, await peer.AskAsync<float[][]>("vectors 1", cancellationToken));

        var (ourSeconds, peerSeconds) = (new double[Rounds], new double[Rounds]);
        for (int round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            await generator.GenerateAsync(texts, cancellationToken: cancellationToken);
            ourSeconds[round] = watch.Elapsed.TotalSeconds;
            peerSeconds[round] = (await peer.AskAsync<PeerTime>($"run {PeerBatch}", cancellationToken)).Seconds;
        }

        Array.Sort(ourSeconds);
        Array.Sort(peerSeconds);
        return Measurement.Rate(Texts / ourSeconds[Rounds / 2], "onnxruntime-node", Texts / peerSeconds[Rounds / 2]);
    }

    private static (string[] Texts, int[][] Ids) MakeTexts(Tokenizer tokenizer)
    {
        var (texts, ids) = (new string[Texts], new int[Texts][]);
        for (int i = 0; i < Texts; i++)
        {
            int words = 90 + (i % 60); // some 1.6 tokens a word
            texts[i] = Prose.Text(i, t => t.Count(c => c == ' ') >= words);
            ids[i] = tokenizer.Encode("passage: " + texts[i], new EncodeOptions(AddSpecialTokens: true)).Ids;
            if (ids[i].Length is < 128 or > 256)
            {
                throw new InvalidOperationException($"A text of the benchmark has {ids[i].Length} tokens, not 128 to 256.");
            }
        }

        return (texts, ids);
    }

    private static void RequireEqual(GeneratedEmbeddings<Embedding<float>> ours, float[][] theirs)
    {
        for (int i = 0; i < Texts; i++)
        {
            // One text a run here: in a batch the peer quantises a text's activations together with its neighbours' (cosine .997).
            if (TensorPrimitives.CosineSimilarity(ours[i].Vector.Span, theirs[i]) is var cosine && !(cosine >= 0.999f))
            {
                throw new InvalidOperationException($"Text {i} has another vector in the peer: cosine {cosine}.");
            }
        }
    }

    private sealed record PeerTime(double Seconds);
}
