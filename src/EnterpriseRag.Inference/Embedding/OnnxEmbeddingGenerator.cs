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

        EmbeddedTexts texts = await model.EmbedAsync(values as IReadOnlyList<string> ?? [.. values], prefix, cancellationToken);
        return new GeneratedEmbeddings<Embedding<float>>(texts.Vectors.Select(vector => new Embedding<float>(vector) { ModelId = model.Info.Name }))
        {
            Usage = new UsageDetails { InputTokenCount = texts.Tokens, TotalTokenCount = texts.Tokens },
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
