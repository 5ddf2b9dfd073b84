using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Answering.Models;
using EnterpriseRag.Audit;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Registry;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>Languages</c>: in which the model may write from now on.</summary>
internal sealed record EvaluatedModel(string Folder, string Name, string Sha256, IReadOnlyList<string> Languages, ModelEvaluation Evaluation);

/// <summary>
/// <c>rag models evaluate</c>: grounded question answering on the sample matter, language by language; decides in which the model may write. Each question is a
/// request of the ledger, so it needs a database. Works on folders that are not approved: figures come before decisions.
/// </summary>
internal static class ModelsEvaluateCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string?>("model") { Description = "Name or folder of the model. Default: the one in use.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("evaluate", "Measures how a model answers from the sample matter, and lets it write accordingly.") { model };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var settings = InstallationSettings.Read();
            var path = arguments.GetValue(model) is { } named ? InspectedModel.Find(named, settings) : settings.Models.GenerationInUse(settings.Approvals)
                ?? throw new CommandFailedException(ExitCode.NotFound, "No approved language model is installed. Name one, or import one with 'rag models import'.");
            var folder = ModelFolder.Open(path, cancellationToken);
            if (settings.Approvals.CardOf(folder) is { Task: not "generation" } card)
            {
                throw new CommandFailedException(ExitCode.Refused, $"{folder.Name} is a model for {card.Task}; only language models answer questions.");
            }

            var evaluation = await EvaluateAsync(terminal, settings, folder, cancellationToken);
            Show(terminal, new EvaluatedModel(folder.Path, folder.Name, folder.Sha256, settings.Approvals.CardOf(folder).Languages, evaluation));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task<ModelEvaluation> EvaluateAsync(Terminal terminal, InstallationSettings settings, ModelFolder folder, CancellationToken cancellationToken)
    {
        if (!settings.HasDatabase)
        {
            throw new CommandFailedException(ExitCode.Unavailable, "Each question of an evaluation is recorded in the ledger, and this installation has none yet. Start the host once (deploy/quickstart.sh does).");
        }

        await using var services = LocalServices.CreateEvaluation(settings);
        await services.GetRequiredService<LedgerTool>().OpenForRequestsAsync(cancellationToken);
        var actor = new Actor(new PersonId(Guid.Empty), ActorKind.System, [], "console");
        using var generator = services.GetRequiredService<ModelReview>().OpenGenerator(folder);
        var evaluation = await terminal.WithProgressAsync(show => services.GetRequiredService<GroundedEvaluation>()
            .RunAsync(generator.Generator, actor, new EvaluationSteps(step => show("Asking", step.Done, step.Total)), cancellationToken));
        await services.GetRequiredService<AuditLedger>().AppendConfigAsync(actor, "model.evaluate", folder.Sha256, cancellationToken);
        services.GetRequiredService<ModelApprovals>().SaveEvaluation(folder.Sha256, evaluation);
        return evaluation;
    }

    private static void Show(Terminal terminal, EvaluatedModel model)
    {
        foreach (var result in model.Evaluation.Results)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"  {result.Set}: {result.Metric} {result.Value:P0} of {result.N}"));
        }

        terminal.Good($"{model.Name}: {(model.Languages.Count > 0 ? $"may write in {string.Join(", ", model.Languages)}" : "may not write; answers are quotations")}. A running host obeys after its next start.");
        terminal.Result(model);
    }

    /// <summary>Reports on the thread that asks, without a queue between.</summary>
    private sealed class EvaluationSteps(Action<EvaluationProgress> show) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => show(value);
    }
}
