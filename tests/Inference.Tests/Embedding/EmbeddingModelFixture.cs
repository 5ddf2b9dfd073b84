using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Tests.Embedding;

/// <summary>The embedding model of the box, loaded once for a test class.</summary>
public sealed class EmbeddingModelFixture : IDisposable
{
    internal EmbeddingModel Model { get; } = new(
        EmbeddingFolder.Open(RepositoryFiles.Model("multilingual-e5-small")),
        new InferenceRuntime(Options.Create(new RuntimeOptions { Threads = 2 }), NullLogger<InferenceRuntime>.Instance));

    public void Dispose() => Model.Dispose();
}
