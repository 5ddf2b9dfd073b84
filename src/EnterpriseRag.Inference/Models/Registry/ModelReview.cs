using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Models.Registry.SelfTests;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>
/// Decides about model folders. An approval loads the model once, apart from the one that serves: a model that does not run here cannot be approved, and what it
/// gives for fixed prompts is kept, so that each later load can be held to it. One call at a time.
/// </summary>
public sealed class ModelReview
{
    private readonly ModelApprovals _approvals;
    private readonly ModelGate _gate;
    private readonly Func<InferenceRuntime> _runtime;
    private readonly IOptions<GenerationOptions> _generation;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelReview> _logger;

    internal ModelReview(ModelApprovals approvals, ModelGate gate, Func<InferenceRuntime> runtime, IOptions<GenerationOptions> generation, TimeProvider time, ILogger<ModelReview> logger) =>
        (_approvals, _gate, _runtime, _generation, _time, _logger) = (approvals, gate, runtime, generation, time, logger);

    /// <summary>Approves the folder when it is the exact import of a file in the box (see docs/adr/0017); leaves any other as it is.</summary>
    /// <param name="folder">A verified folder.</param>
    /// <param name="isNew">The importer of this process has just made it: nothing has to be proved.</param>
    public ModelStanding AdmitImport(ModelFolder folder, bool isNew)
    {
        if (isNew)
        {
            _gate.ApproveNewImport(folder);
        }
        else
        {
            try
            {
                _gate.Admit(folder);
            }
            catch (ModelFolderException)
            {
                // The standing says so.
            }
        }

        return _approvals.StandingOf(folder.Sha256);
    }

    /// <summary>What a folder would be approved with. Loads the model; writes nothing.</summary>
    /// <returns>To be handed to <see cref="Decide"/>, once the ledger has the decision.</returns>
    /// <exception cref="ModelFolderException">The model does not run here; the message says why.</exception>
    public async Task<ModelTrial> TryAsync(ModelFolder folder, CancellationToken cancellationToken)
    {
        switch (_approvals.CardOf(folder).Task)
        {
            case "generation":
                GenerationGolden? recorded = null;
                var card = _approvals.CardOf(folder);
                using (GenerationModel.Load(folder, card, (tokenizer, reset, append) => recorded = GenerationSelfTest.Record(tokenizer, reset, append), _runtime(), _generation.Value, _time, _logger))
                {
                    return new ModelTrial(recorded, null);
                }

            case "embedding":
                using (var model = new EmbeddingModel(EmbeddingFolder.Open(folder.Path), _runtime()))
                {
                    return new ModelTrial(null, await EmbeddingSelfTest.RecordAsync(async text => (await model.EmbedAsync([text], prefix: "", cancellationToken)).Vectors[0]));
                }

            default:
                return new ModelTrial(null, null);
        }
    }

    /// <summary>A generator over one folder, apart from the model that serves and whatever was decided about it: to judge a model before it is approved. It asks for tickets like any other.</summary>
    /// <exception cref="ModelFolderException">The model does not run here; the message says why.</exception>
    public ReviewedGenerator OpenGenerator(ModelFolder folder)
    {
        var model = GenerationModel.Load(folder, _approvals.CardOf(folder), probe: null, _runtime(), _generation.Value, _time, _logger);
        return new ReviewedGenerator(model, new AuditedGenerator(() => model, _generation, _time));
    }

    /// <summary>Writes the decision. An approval counts once the ledger has it: with its leaf here, or later by <see cref="ModelApprovals.MarkRecorded"/>.</summary>
    /// <param name="folder">A verified folder.</param>
    /// <param name="approval">Approved or refused.</param>
    /// <param name="by">Who decides.</param>
    /// <param name="reason">Why.</param>
    /// <param name="trial">From <see cref="TryAsync"/>; null for a refusal.</param>
    /// <param name="leaf">Sequence number and hash of the ledger's record, when there is one already.</param>
    public ModelStanding Decide(ModelFolder folder, ModelApproval approval, string by, string reason, ModelTrial? trial, (long Seq, string LeafHash)? leaf)
    {
        var before = _approvals.StandingOf(folder.Sha256);
        _approvals.Decide(folder.Sha256, new ModelDecision
        {
            Model = folder.Name,
            Approval = approval,
            By = by,
            Reason = reason,
            At = _time.GetUtcNow(),
            Ledger = leaf is { } written ? new ModelDecisionLeaf(written.Seq, written.LeafHash) : null,
            IsShipped = approval == ModelApproval.Approved && before is { IsShipped: true, MayLoad: true }, // a person agrees with the shipped card: nothing stops serving by that
            Generation = trial?.Generation,
            Embedding = trial?.Embedding,
        });
        return _approvals.StandingOf(folder.Sha256);
    }
}

/// <summary>Outputs of one load for fixed prompts; empty for models that have no self-test.</summary>
public sealed class ModelTrial
{
    internal ModelTrial(GenerationGolden? generation, EmbeddingGolden? embedding) => (Generation, Embedding) = (generation, embedding);

    internal GenerationGolden? Generation { get; }

    internal EmbeddingGolden? Embedding { get; }
}

/// <summary>A model that was loaded to be judged. Disposing it ends its generations.</summary>
public sealed class ReviewedGenerator : IDisposable
{
    private readonly GenerationModel _model;

    internal ReviewedGenerator(GenerationModel model, AuditedGenerator generator) => (_model, Generator) = (model, generator);

    public AuditedGenerator Generator { get; }

    public void Dispose() => _model.Dispose();
}
