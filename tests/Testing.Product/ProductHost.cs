using EnterpriseRag.Answering;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Foundation.Requests;
using EnterpriseRag.Inference;
using EnterpriseRag.Ingestion;
using EnterpriseRag.Retrieval;
using EnterpriseRag.Storage;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Testing.Product;

/// <summary>
/// The product without its portal: every module composed as the host composes them, on a test installation. One matter with one reader, who also
/// contributes the documents.
/// </summary>
public sealed class ProductHost : IAsyncDisposable
{
    private readonly IHost _host;

    private ProductHost(IHost host, MatterId matter, Actor reader)
    {
        _host = host;
        Matter = matter;
        Reader = reader;
    }

    public IServiceProvider Services => _host.Services;

    public MatterId Matter { get; }

    public Actor Reader { get; }

    /// <summary>Starts the modules; <paramref name="settings"/> are further configuration keys, for example <c>Models:Generation</c>.</summary>
    public static async Task<ProductHost> StartAsync(TestDatabases installation, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(installation.Configuration);
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal));
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddConsole();
        builder.Services.AddStorage(builder.Configuration).AddAudit(builder.Configuration).AddInference(builder.Configuration)
            .AddRetrieval(builder.Configuration).AddIngestion(builder.Configuration).AddAnswering(builder.Configuration).AddRequestPipeline();
        var host = builder.Build();
        await host.StartAsync();

        var person = new PersonId(host.Services.GetRequiredService<IdFactory>().Next());
        var matters = host.Services.GetRequiredService<Matters>();
        var name = $"Test {person}";
        var created = await matters.CreateAsync(new NewMatter(name, "contract-review", "art6-1-f", "std-12m"), CancellationToken.None);
        await matters.SetMemberAsync(created.Value.Id, person, MatterRole.Contributor, CancellationToken.None);
        return new ProductHost(host, created.Value.Id, new Actor(person, ActorKind.User, [PlatformRoles.Reader], "local"));
    }

    /// <summary>Receives one document and leaves the rest to the worker.</summary>
    public async Task<ReceivedDocument> ReceiveAsync(string name, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        var received = await Services.GetRequiredService<DocumentIntake>().ReceiveAsync(Reader, Matter, name, content, CancellationToken.None);
        return received.IsSuccess ? received.Value : throw new InvalidOperationException(received.Failure.Message);
    }

    /// <summary>Waits until no version of the matter is on its way any more; returns them all.</summary>
    public async Task<IReadOnlyList<DocumentVersion>> SettleAsync(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        while (true)
        {
            await using var context = await Services.GetRequiredService<IDbContextFactory<RagDbContext>>().CreateDbContextAsync(timeout.Token);
            var versions = await context.DocumentVersions.AsNoTracking().Where(v => v.MatterId == Matter).ToListAsync(timeout.Token);
            if (versions.TrueForAll(static v => v.State is VersionState.Ready or VersionState.Failed or VersionState.Superseded))
            {
                return versions;
            }

            await Task.Delay(100, timeout.Token);
        }
    }

    public async Task<IReadOnlyList<AnswerEvent>> AskAsync(string text, AnswerMode mode = AnswerMode.Auto)
    {
        var asked = await SendAsync(new Question(Reader, text, mode));
        if (!asked.IsSuccess)
        {
            throw new InvalidOperationException(asked.Failure.Message);
        }

        var events = new List<AnswerEvent>();
        await foreach (var item in asked.Value)
        {
            events.Add(item);
        }

        return events;
    }

    /// <summary>Sends a request through the pipeline in a scope of its own.</summary>
    public async Task<T> SendAsync<T>(IRequest<T> request)
    {
        await using var scope = Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
