using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>The language model of the box, imported if need be and loaded once for a test class.</summary>
public sealed class GenerationModelFixture : IAsyncLifetime
{
    internal static InferenceRuntime Runtime { get; } = new(Options.Create(new RuntimeOptions { Threads = 2 }), NullLogger<InferenceRuntime>.Instance);

    internal GenerationModel Model { get; private set; } = null!; // set before the first test

    /// <summary>A decoder of its own, for tests below the engine.</summary>
    internal static Task<Decoder> NewDecoderAsync() => NewDecoderAsync(new EngineLimits(Sequences: 1, CacheBytes: 64 << 20, QueueLength: 4));

    internal static async Task<Decoder> NewDecoderAsync(EngineLimits limits)
    {
        ModelFolder folder = ModelFolder.Open(await ImportedModel.FolderAsync());
        return new Decoder(folder, GenAiConfig.Read(folder), Runtime, limits.CacheBytes, limits.Slots);
    }

    public async ValueTask InitializeAsync() =>
        Model = GenerationModel.Load(await ImportedModel.FolderAsync(), Runtime, new GenerationOptions(), TimeProvider.System, NullLogger.Instance);

    public ValueTask DisposeAsync()
    {
        Model.Dispose();
        return ValueTask.CompletedTask;
    }
}
