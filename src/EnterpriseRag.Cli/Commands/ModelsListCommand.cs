using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>rag models list</c>: the models of this installation with their cards; the language model in use is marked.</summary>
internal static class ModelsListCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("list", "Lists the models of this installation.");
        command.SetAction((_, cancellationToken) =>
        {
            var settings = InstallationSettings.Read();
            var approvals = settings.Approvals;
            var inUse = settings.Models.GenerationInUse(approvals);
            var models = InspectedModel.FoldersOf(settings).Select(path => InspectedModel.Of(path, approvals, cancellationToken)).ToList();
            foreach (var model in models)
            {
                terminal.Heading($"{model.Name}{(string.Equals(model.Folder, inUse, StringComparison.Ordinal) ? " (in use)" : "")}");
                if (model.Card is { } card)
                {
                    terminal.Say(string.Create(
                        CultureInfo.InvariantCulture,
                        $"  {card.Task}; licence {card.Licence ?? "not stated"}{(card is { Task: "generation", Languages.Count: > 0 } ? $"; writes {string.Join(", ", card.Languages)}" : "")}{(card.ContextTokens is { } tokens ? $"; context {tokens:N0} tokens" : "")}; {Standing(model)}"));
                }

                if (model.Problem is { } problem)
                {
                    terminal.Problem($"  {problem}");
                }

                terminal.Faint($"  {model.Folder}");
            }

            terminal.Result(models);
            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }

    private static string Standing(InspectedModel model) => model.Decision switch
    {
        { Approval: ModelApproval.Approved, MayLoad: false } => "approved, not in the ledger yet (the host records it at its next start)",
        { By: { } by } decision => $"{decision.Approval.ToString().ToLowerInvariant()} by {by}",
        _ => "unreviewed: it does not load",
    };
}
