using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>The embedding model in one role: puts the role's prefix before every text. Thread-safe; the model outlives it.</summary>
internal sealed class OnnxEmbeddingGenerator(EmbeddingModel model, string prefix) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("onnxruntime", null, model.Info.Name, model.Info.Dimensions);

    /// <exception cref="NotSupportedException">Other dimensions than the model's were asked for.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options?.Dimensions is { } wanted && wanted != model.Info.Dimensions)
        {
            throw new NotSupportedException($"The embedding model {model.Info.Name} makes {model.Info.Dimensions} dimensions, not {wanted}.");
        }

        var pending = new List<Task<EmbeddedText>>();
        foreach (string value in values)
        {
            pending.Add(await model.EnqueueAsync(prefix + value, cancellationToken));
        }

        EmbeddedText[] texts = await Task.WhenAll(pending);
        return new GeneratedEmbeddings<Embedding<float>>(texts.Select(t => new Embedding<float>(t.Vector) { ModelId = model.Info.Name }))
        {
            Usage = new UsageDetails { InputTokenCount = texts.Sum(t => (long)t.Tokens), TotalTokenCount = texts.Sum(t => (long)t.Tokens) },
        };
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // the model belongs to the container
    }
}
