using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Registry;
using Microsoft.Extensions.Hosting;

namespace EnterpriseRag.Answering.Models;

/// <summary>
/// Records, at the start of the host, the decisions about models that were made while the ledger was out of reach (before the first start, for example): a
/// <c>config</c> leaf each, with the folder's hash. Only then does an approval count, so that no model serves whose approval the ledger does not know.
/// </summary>
internal sealed class ModelDecisionRecorder(ModelApprovals approvals, AuditLedger ledger) : IHostedService
{
    private static readonly Actor s_system = new(new PersonId(Guid.Empty), ActorKind.System, [], "none");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var decision in approvals.Unrecorded())
        {
            var receipt = await ledger.AppendConfigAsync(s_system, ModelDecisionCode.Of(decision.Approval), decision.Sha256, cancellationToken);
            approvals.MarkRecorded(decision.Sha256, decision.Approval, receipt.Seq, receipt.LeafHash);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The subject of a <c>config</c> leaf about a model; the leaf's hash is the folder's, as in request leaves.</summary>
public static class ModelDecisionCode
{
    public static string Of(ModelApproval approval) => approval switch
    {
        ModelApproval.Approved => "model.approve",
        ModelApproval.Refused => "model.refuse",
        _ => throw new ArgumentOutOfRangeException(nameof(approval), approval, "Only decisions are recorded."),
    };
}
