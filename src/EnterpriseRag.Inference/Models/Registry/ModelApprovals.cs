using EnterpriseRag.Foundation;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>Whether a folder of these bytes may be loaded here, and who says so.</summary>
/// <param name="Approval">The decision; a folder without one is unreviewed.</param>
/// <param name="By">Who decided; null without a decision.</param>
/// <param name="Reason">Why.</param>
/// <param name="At">When; null for what the program's own cards say.</param>
/// <param name="IsShipped">Follows from a card that came with the program.</param>
/// <param name="IsRecorded">The ledger has the decision.</param>
/// <param name="Problem">Why a record could not be believed; the folder counts as unreviewed then.</param>
public sealed record ModelStanding(ModelApproval Approval, string? By, string? Reason, DateTimeOffset? At, bool IsShipped, bool IsRecorded, string? Problem)
{
    /// <summary>An approval of a person counts once the ledger has it; one that came with the program at once.</summary>
    public bool MayLoad => Approval == ModelApproval.Approved && (IsShipped || IsRecorded);
}

/// <summary>A decision that the ledger does not have yet.</summary>
public sealed record UnrecordedDecision(string Sha256, ModelApproval Approval);

/// <summary>
/// The installation's decisions about model folders and what evaluations measured, by folder hash. Looks at the disk at each call, so that a decision of the
/// command line is seen by a running host. Thread-safe.
/// </summary>
public sealed class ModelApprovals(IOptions<DataOptions> data)
{
    private const string Decisions = "decision";
    private const string Evaluations = "evaluation";

    private readonly SealedRecords _records = new(data.Value.Directory);

    /// <param name="sha256">A folder's hash.</param>
    public ModelStanding StandingOf(string sha256)
    {
        try
        {
            // A person's decision stands above the shipped card: what is in the box can be refused too.
            return FindDecision(sha256) is { } decision
                ? new ModelStanding(decision.Approval, decision.By, decision.Reason, decision.At, decision.IsShipped, decision.Ledger is not null, null)
                : ShippedModels.OfFolder(sha256) is { } shipped
                    ? new ModelStanding(ModelApproval.Approved, ShippedBy, shipped.Reason, null, IsShipped: true, IsRecorded: false, null)
                    : new ModelStanding(ModelApproval.Unreviewed, null, null, null, false, false, null);
        }
        catch (ModelFolderException e)
        {
            return new ModelStanding(ModelApproval.Unreviewed, null, null, null, false, false, e.Message);
        }
    }

    /// <summary>
    /// The folder's card with what this installation adds: decision, evaluation, and the languages in which the model may write. An evaluation decides about
    /// the languages that it measured; for the others the card's word holds.
    /// </summary>
    /// <exception cref="ModelFolderException">The card, or the record of an evaluation, cannot be believed.</exception>
    public ModelCard CardOf(ModelFolder folder)
    {
        var card = ModelCard.Read(folder);
        if (ShippedModels.OfFolder(folder.Sha256) is { } shipped)
        {
            card = card with
            {
                Licence = shipped.Licence,
                Languages = shipped.Languages,
                ContextTokens = card.ContextTokens ?? shipped.ContextTokens,
                Source = card.Source ?? shipped.Source,
                Evaluation = shipped.Evaluation ?? [],
            };
        }

        card = card with { Approval = StandingOf(folder.Sha256).Approval };
        return FindEvaluation(folder.Sha256) is { } evaluation
            ? card with
            {
                Languages = [.. card.Languages.Except(evaluation.Measured, StringComparer.Ordinal).Union(evaluation.MayWrite, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                Evaluation = evaluation.Results,
            }
            : card;
    }

    /// <summary>The last evaluation of a folder of these bytes; null when there was none.</summary>
    /// <exception cref="ModelFolderException">The record cannot be believed.</exception>
    public ModelEvaluation? FindEvaluation(string sha256) => _records.Read(Evaluations, sha256, ModelRecordJson.Default.ModelEvaluation);

    public void SaveEvaluation(string sha256, ModelEvaluation evaluation) => _records.Write(Evaluations, sha256, evaluation, ModelRecordJson.Default.ModelEvaluation);

    /// <summary>Decisions that the ledger does not have yet; the host records them at its start. Records that cannot be believed are left out: they decide nothing.</summary>
    public IReadOnlyList<UnrecordedDecision> Unrecorded()
    {
        var unrecorded = new List<UnrecordedDecision>();
        foreach (var sha256 in _records.Hashes(Decisions))
        {
            var standing = StandingOf(sha256);
            if (standing is { IsRecorded: false, Problem: null })
            {
                unrecorded.Add(new UnrecordedDecision(sha256, standing.Approval));
            }
        }

        return unrecorded;
    }

    /// <summary>Notes that the ledger has the present decision about a folder hash.</summary>
    /// <param name="sha256">The folder's hash.</param>
    /// <param name="approval">What was recorded; when somebody decided otherwise meanwhile, nothing is noted.</param>
    /// <param name="seq">Of the leaf.</param>
    /// <param name="leafHash">Of the leaf.</param>
    public void MarkRecorded(string sha256, ModelApproval approval, long seq, string leafHash)
    {
        if (FindDecision(sha256) is { Ledger: null } decision && decision.Approval == approval)
        {
            Decide(sha256, decision with { Ledger = new ModelDecisionLeaf(seq, leafHash) });
        }
    }

    internal const string ShippedBy = "shipped card";

    /// <exception cref="ModelFolderException">The record cannot be believed.</exception>
    internal ModelDecision? FindDecision(string sha256) => _records.Read(Decisions, sha256, ModelRecordJson.Default.ModelDecision);

    internal void Decide(string sha256, ModelDecision decision) => _records.Write(Decisions, sha256, decision, ModelRecordJson.Default.ModelDecision);

    /// <summary>Changes whenever a decision or an evaluation of the folder does.</summary>
    internal string Stamp(string sha256) => FormattableString.Invariant($"{_records.Stamp(Decisions, sha256)} {_records.Stamp(Evaluations, sha256)}");
}
