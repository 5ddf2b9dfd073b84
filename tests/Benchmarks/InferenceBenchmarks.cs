using System.Text;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseRag.Benchmarks;

/// <summary>The module as the host composes it, with the model in the box.</summary>
internal static class InferenceUnderTest
{
    public static async Task<ServiceProvider> StartAsync()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Models:Generation"] = await ImportedModel.FolderAsync(), ["Data:Directory"] = Path.Combine(RepositoryFiles.Root, "artifacts", "benchmark-data") })
            .Build();
        var services = new ServiceCollection();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        return services.AddInference(configuration).BuildServiceProvider();
    }

    public static async Task<UsageDetails> GenerateAsync(AuditedGenerator generator, string question, int maxTokens, CancellationToken cancellationToken)
    {
        ChatResponse response = await generator
            .GenerateAsync(TestTickets.Issue(TicketUse.Generation), [new ChatMessage(ChatRole.User, question)], new ChatOptions { MaxOutputTokens = maxTokens }, cancellationToken)
            .ToChatResponseAsync(cancellationToken);
        return response.Usage ?? throw new InvalidOperationException("The answer came without usage.");
    }

    public static async Task<double> MedianAsync(int rounds, Func<Task<double>> measure)
    {
        await measure();
        var values = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            values[i] = await measure();
        }

        Array.Sort(values);
        return values[rounds / 2];
    }
}

/// <summary>Deterministic text in the style of contracts, German and English in turn.</summary>
internal static class Prose
{
    private static readonly string[] s_sentences =
    [
        "The supplier shall deliver the goods within thirty days of the written order and shall bear the cost of transport.",
        "Der Mieter zahlt die monatliche Miete spätestens am dritten Werktag eines jeden Kalendermonats im Voraus.",
        "Either party may terminate this agreement by giving three months' notice to the end of a quarter.",
        "Die Kündigung bedarf der Schriftform und muss der anderen Vertragspartei vor Ablauf der Frist zugehen.",
        "Confidential information may be disclosed only to employees who need it for the performance of their duties.",
        "Der Auftragsverarbeiter unterrichtet den Verantwortlichen unverzüglich über jede Verletzung des Schutzes personenbezogener Daten.",
        "Liability for slight negligence is limited to the foreseeable damage that is typical for this kind of contract.",
        "Änderungen und Ergänzungen dieses Vertrages sind nur wirksam, wenn sie schriftlich vereinbart worden sind.",
        "The board approved the annual accounts and resolved to distribute a dividend of two euros per share.",
        "Die regelmäßige Arbeitszeit beträgt vierzig Stunden in der Woche; Überstunden werden durch Freizeit ausgeglichen.",
    ];

    /// <summary>Sentences, beginning at a place that the seed names, until the text is long enough.</summary>
    public static string Text(int seed, Func<string, bool> longEnough)
    {
        var text = new StringBuilder();
        for (int i = seed; !longEnough(text.ToString()); i++)
        {
            text.Append(s_sentences[i % s_sentences.Length]).Append(' ');
        }

        return text.ToString().TrimEnd();
    }
}
