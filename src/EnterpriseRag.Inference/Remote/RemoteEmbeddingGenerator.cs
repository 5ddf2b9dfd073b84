using System.Text.Json;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Remote;

/// <summary>An embedding model on a server of OpenAI's form: unit vectors, in batches. Thread-safe; the transport outlives it.</summary>
internal sealed class RemoteEmbeddingGenerator(RemoteTransport transport, RemoteOptions options, string prefix) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("openai-compatible", null, options.EmbeddingModel, options.Dimensions);

    /// <exception cref="RemoteModelException">No usable answer: not as many vectors as texts, of another length, or none at all.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options1 = null, CancellationToken cancellationToken = default)
    {
        if (options1?.Dimensions is { } wanted && wanted != options.Dimensions)
        {
            throw new NotSupportedException($"The embedding model {options.EmbeddingModel} makes {options.Dimensions} dimensions, not {wanted}.");
        }

        var all = new GeneratedEmbeddings<Embedding<float>> { Usage = new UsageDetails { InputTokenCount = 0, TotalTokenCount = 0 } };
        foreach (var batch in values.Select(v => prefix + v).Chunk(options.BatchTexts))
        {
            using var response = await transport.PostAsync("embeddings", RemoteJson.Embedding(options.EmbeddingModel ?? "", batch), repeatable: true, cancellationToken);
            var (vectors, tokens) = Read(await transport.ReadAsync(response, cancellationToken), batch.Length);
            foreach (var vector in vectors)
            {
                all.Add(new Embedding<float>(vector) { ModelId = options.EmbeddingModel });
            }

            all.Usage.InputTokenCount += tokens;
            all.Usage.TotalTokenCount += tokens;
        }

        return all;
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
        // the transport belongs to the container
    }

    private (float[][] Vectors, long Tokens) Read(byte[] body, int expected)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var vectors = new float[expected][];
            foreach (var item in json.RootElement.GetProperty("data").EnumerateArray())
            {
                vectors[item.GetProperty("index").GetInt32()] = Unit([.. item.GetProperty("embedding").EnumerateArray().Select(static x => x.GetSingle())]);
            }

            return Array.IndexOf(vectors, null) < 0
                ? (vectors, json.RootElement.TryGetProperty("usage", out var usage) && usage.TryGetProperty("prompt_tokens", out var tokens) && tokens.TryGetInt64(out var count) ? count : 0)
                : throw Unusable(null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw Unusable(e);
        }
    }

    private float[] Unit(float[] vector)
    {
        var norm = System.Numerics.Tensors.TensorPrimitives.Norm<float>(vector);
        if (vector.Length != options.Dimensions || !float.IsFinite(norm) || norm == 0)
        {
            throw new RemoteModelException($"The model server {transport.Host} sent a vector of {vector.Length} numbers; Inference:Remote:Dimensions says {options.Dimensions}.");
        }

        System.Numerics.Tensors.TensorPrimitives.Divide(vector, norm, vector);
        return vector;
    }

    private RemoteModelException Unusable(Exception? inner) => new($"The model server {transport.Host} sent no vector for each text.", inner);
}
