using System.Numerics.Tensors;
using System.Text.Json;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Tests.Native;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Embedding;

public sealed class OnnxEmbeddingGeneratorTests(EmbeddingModelFixture fixture) : IClassFixture<EmbeddingModelFixture>
{
    private static readonly Golden[] s_cases = ReadGolden();

    [Fact]
    public async Task Vectors_equal_the_golden_ones()
    {
        using OnnxEmbeddingGenerator generator = Generator("");

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(s_cases.Select(c => c.Text));

        embeddings.Count.ShouldBe(s_cases.Length);
        for (int i = 0; i < s_cases.Length; i++)
        {
            TensorPrimitives.CosineSimilarity(embeddings[i].Vector.Span, s_cases[i].Embedding).ShouldBeGreaterThanOrEqualTo(0.9999f, s_cases[i].Text[..Math.Min(40, s_cases[i].Text.Length)]);
            TensorPrimitives.Norm(embeddings[i].Vector.Span).ShouldBe(1f, 1e-5f);
        }

        embeddings.Usage!.InputTokenCount.ShouldBe(s_cases.Sum(c => c.UsedTokens));
    }

    [Fact]
    public async Task The_prefix_of_the_role_is_part_of_the_text()
    {
        Golden golden = s_cases.First(c => c.Text.StartsWith("query: ", StringComparison.Ordinal));
        using OnnxEmbeddingGenerator generator = Generator("query: ");

        ReadOnlyMemory<float> vector = await generator.GenerateVectorAsync(golden.Text["query: ".Length..]);

        TensorPrimitives.CosineSimilarity(vector.Span, golden.Embedding).ShouldBeGreaterThanOrEqualTo(0.9999f);
    }

    [Fact]
    public async Task A_text_has_the_same_vector_to_the_bit_whatever_runs_beside_it()
    {
        using OnnxEmbeddingGenerator generator = Generator("passage: ");
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => string.Concat(Enumerable.Repeat($"Clause {i} ends. ", 1 + (i % 7))))];
        float[] alone = (await generator.GenerateVectorAsync(texts[11])).ToArray();

        GeneratedEmbeddings<Embedding<float>>[] together = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => generator.GenerateAsync(texts)));

        foreach (GeneratedEmbeddings<Embedding<float>> result in together)
        {
            result[11].Vector.Span.SequenceEqual(alone).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        OrtEnvironment.Start(null, NullLogger.Instance);
        using var graph = new EmbeddingGraph();
        using var worker = new EmbeddingWorker(graph.Session, 512, 384, [Pooling.Mean], closingTokens: 1);
        var vector = new float[384];
        int[] ids = [0, 100, 200, 300, 2];
        worker.Embed(ids, vector);
        worker.Embed(ids.AsSpan(1), vector);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            worker.Embed(ids.AsSpan(i % 2), vector);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public async Task An_empty_text_has_a_vector_too()
    {
        using OnnxEmbeddingGenerator generator = Generator("");

        TensorPrimitives.Norm((await generator.GenerateVectorAsync("")).Span).ShouldBe(1f, 1e-5f);
    }

    [Fact]
    public async Task A_cancelled_call_ends_and_the_next_one_works()
    {
        using OnnxEmbeddingGenerator generator = Generator("passage: ");
        using var cancellation = new CancellationTokenSource();
        Task<GeneratedEmbeddings<Embedding<float>>> call = generator.GenerateAsync(
            Enumerable.Range(0, 10_000).Select(i => string.Concat(Enumerable.Repeat("The tenant pays the rent. ", 60)) + i), cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        (await generator.GenerateVectorAsync("after")).Length.ShouldBe(384);
    }

    [Fact]
    public async Task Other_dimensions_are_refused()
    {
        using OnnxEmbeddingGenerator generator = Generator("");

        await Should.ThrowAsync<NotSupportedException>(generator.GenerateAsync(["text"], new EmbeddingGenerationOptions { Dimensions = 256 }));
    }

    [Fact]
    public void The_model_is_named_with_the_hash_of_its_folder()
    {
        fixture.Model.Info.ShouldBe(new EmbeddingModelInfo("multilingual-e5-small", fixture.Model.Folder.Folder.Sha256, 384, 512));
        using OnnxEmbeddingGenerator generator = Generator("");
        ((EmbeddingGeneratorMetadata)generator.GetService(typeof(EmbeddingGeneratorMetadata))!).DefaultModelDimensions.ShouldBe(384);
    }

    private OnnxEmbeddingGenerator Generator(string prefix) => new(fixture.Model, prefix);

    private static Golden[] ReadGolden()
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture("embeddings-multilingual-e5-small.json")));
        return file.RootElement.GetProperty("cases").Deserialize<Golden[]>(JsonSerializerOptions.Web)!;
    }

    private sealed record Golden(string Text, int Tokens, int UsedTokens, float[] Embedding);
}
