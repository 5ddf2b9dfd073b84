using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Cli.Commands;

/// <summary>A card with what the installation adds to it.</summary>
internal sealed record CardView(
    string Folder, string Sha256, string Name, string Task, string? Licence, string? Origin, ModelCardSource? Source, ModelCardImporter? Importer, IReadOnlyList<string> Languages,
    int? ContextTokens, long? Parameters, ModelCardQuantisation? Quantisation, IReadOnlyDictionary<string, string> Files, IReadOnlyList<ModelCardResult> Evaluation, ModelEvaluation? Evaluated,
    ModelApproval Approval, ModelStanding Decision, bool MayLoad);

/// <summary><c>rag models card</c>: all that is known about one model.</summary>
internal static class ModelsCardCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "Name or folder of the model." };
        var command = new Command("card", "Shows a model's card: licence, origin, hashes, evaluation, approval.") { model };
        command.SetAction((arguments, cancellationToken) =>
        {
            var settings = InstallationSettings.Read();
            var view = ViewOf(ModelFolder.Open(InspectedModel.Find(arguments.GetRequiredValue(model), settings), cancellationToken), settings.Approvals);
            Show(terminal, view);
            terminal.Result(view);
            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }

    private static CardView ViewOf(ModelFolder folder, ModelApprovals approvals)
    {
        var card = approvals.CardOf(folder);
        var standing = approvals.StandingOf(folder.Sha256);
        return new CardView(
            folder.Path, folder.Sha256, folder.Name, card.Task, card.Licence, card.Origin, card.Source, card.Importer, card.Languages, card.ContextTokens, card.Parameters, card.Quantisation,
            folder.Files.Order(StringComparer.Ordinal).ToDictionary(file => file, folder.Checksum, StringComparer.Ordinal), card.Evaluation, approvals.FindEvaluation(folder.Sha256),
            card.Approval, standing, standing.MayLoad);
    }

    private static void Show(Terminal terminal, CardView card)
    {
        terminal.Heading(card.Name);
        Line("task", card.Task);
        Line("licence", card.Licence ?? "not stated: ask the publisher");
        Line("origin", card.Origin);
        Line("source", card.Source is { } source ? string.Create(CultureInfo.InvariantCulture, $"{source.File}, {source.Bytes:N0} bytes, SHA-256 {source.Sha256}") : null);
        Line("importer", card.Importer is { } importer ? $"version {importer.Version}, {importer.Options}" : null);
        Line("languages", card.Languages.Count > 0 ? string.Join(", ", card.Languages) : "none");
        Line("context", card.ContextTokens is { } tokens ? string.Create(CultureInfo.InvariantCulture, $"{tokens:N0} tokens") : null);
        Line("parameters", card.Parameters?.ToString("N0", CultureInfo.InvariantCulture));
        Line("quantisation", card.Quantisation is { } q ? string.Create(CultureInfo.InvariantCulture, $"weights {q.Projections}; embedding {q.Embedding}; changed by rounding {q.RelativeError:P2}") : null);
        foreach (var result in card.Evaluation)
        {
            Line("evaluation", string.Create(CultureInfo.InvariantCulture, $"{result.Set}: {result.Metric} {result.Value:F3} of {result.N}"));
        }

        Line("approval", card.Decision switch
        {
            { Problem: { } problem } => problem,
            { Approval: ModelApproval.Unreviewed } => "unreviewed: it does not load",
            var decision => string.Create(CultureInfo.InvariantCulture, $"{decision.Approval.ToString().ToLowerInvariant()} by {decision.By}{(decision.At is { } at ? $" on {at:yyyy-MM-dd}" : "")}{(card.MayLoad || decision.Approval == ModelApproval.Refused ? "" : ", not in the ledger yet")}: {decision.Reason}"),
        });
        Line("folder hash", card.Sha256);
        foreach (var (file, sha256) in card.Files)
        {
            terminal.Faint($"  {sha256}  {file}");
        }

        terminal.Faint($"  {card.Folder}");

        void Line(string name, string? value)
        {
            if (value is not null)
            {
                terminal.Say($"  {name,-13} {value}");
            }
        }
    }
}
