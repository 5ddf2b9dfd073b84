using System.CommandLine;
using EnterpriseRag.Answering.Models;
using EnterpriseRag.Audit;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>Recorded</c>: the ledger has the decision; an approval counts from then on.</summary>
internal sealed record DecidedModel(string Folder, string Name, string Sha256, ModelApproval Approval, string By, string Reason, bool Recorded, long? Record, bool MayLoad);

/// <summary>
/// <c>rag models approve</c>: a person's decision about the bytes of one folder. The record of the ledger comes first. When the ledger is out of reach the decision
/// is kept, and an approval takes effect when the host has recorded it at its next start; a refusal takes effect at once.
/// </summary>
internal static class ModelsApproveCommand
{
    private const int MaxReasonLength = 1000;
    private const int MaxNameLength = 200;

    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "Name or folder of the model." };
        var refuse = new Option<bool>("--refuse") { Description = "Refuse it instead: it does not load any more." };
        var reason = new Option<string>("--reason") { Description = "Why; kept with the decision.", Required = true, HelpName = "text" };
        var by = new Option<string?>("--by") { Description = "Who decides; the ledger names the account of that name, if there is one. Default: the operator of this machine.", HelpName = "name" };
        var command = new Command("approve", "Decides whether a model may be loaded.") { model, refuse, reason, by };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var settings = InstallationSettings.Read();
            var why = Text(arguments.GetRequiredValue(reason), "--reason", MaxReasonLength);
            var who = arguments.GetValue(by) is { } name ? Text(name, "--by", MaxNameLength) : null;
            var approval = arguments.GetValue(refuse) ? ModelApproval.Refused : ModelApproval.Approved;
            var folder = ModelFolder.Open(InspectedModel.Find(arguments.GetRequiredValue(model), settings), cancellationToken);

            await using var services = LocalServices.CreateInference(settings);
            var review = services.GetRequiredService<ModelReview>();
            var trial = approval == ModelApproval.Approved ? await review.TryAsync(folder, cancellationToken) : null;
            var receipt = await RecordAsync(terminal, settings, who, approval, folder.Sha256, cancellationToken);
            var standing = review.Decide(folder, approval, who ?? "operator", why, trial, receipt is null ? null : (receipt.Seq, receipt.LeafHash));
            Show(terminal, new DecidedModel(folder.Path, folder.Name, folder.Sha256, approval, who ?? "operator", why, receipt is not null, receipt?.Seq, standing.MayLoad));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static string Text(string text, string option, int longest) =>
        text.Trim() is { Length: > 0 } trimmed && trimmed.Length <= longest
            ? trimmed
            : throw new CommandFailedException(ExitCode.Usage, $"{option} needs 1 to {longest} characters.");

    /// <summary>The leaf of the decision; null when there is no ledger to reach.</summary>
    private static async Task<Receipt?> RecordAsync(Terminal terminal, InstallationSettings settings, string? by, ModelApproval approval, string sha256, CancellationToken cancellationToken)
    {
        if (!settings.HasDatabase)
        {
            terminal.Warning("This installation has no ledger yet; the host records the decision at its first start.");
            return null;
        }

        try
        {
            await using var services = LocalServices.Create(settings);
            await services.GetRequiredService<LedgerTool>().OpenAsync(cancellationToken);
            var account = by is null ? null : await LocalAccount.FindAsync(services.GetRequiredService<Databases>(), by, cancellationToken);
            var actor = account is null
                ? new Actor(new PersonId(Guid.Empty), ActorKind.System, [], "console")
                : new Actor(account.Person, ActorKind.Administrator, account.Roles, "console");
            return await services.GetRequiredService<AuditLedger>().AppendConfigAsync(actor, ModelDecisionCode.Of(approval), sha256, cancellationToken);
        }
        catch (Exception e) when (e is AuditUnavailableException or NpgsqlException or TimeoutException or DatabaseSetupException or CommandFailedException)
        {
            terminal.Warning($"The ledger is out of reach ({e.Message}); the host records the decision at its next start.");
            return null;
        }
    }

    private static void Show(Terminal terminal, DecidedModel decided)
    {
        if (decided.Approval == ModelApproval.Refused)
        {
            terminal.Good($"refused: {decided.Name}. A host that has loaded it goes on until it is started again.");
        }
        else if (decided.MayLoad)
        {
            terminal.Good($"approved: {decided.Name}, record {decided.Record}");
        }
        else
        {
            terminal.Warning($"approved: {decided.Name}; it loads once the ledger has the decision");
        }

        terminal.Faint($"  folder hash {decided.Sha256}");
        terminal.Result(decided);
    }
}
