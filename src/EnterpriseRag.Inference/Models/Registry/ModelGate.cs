using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>
/// Stands before every load: a folder whose bytes nobody approved goes no further. Folders in the box are known by their hash. A folder that says of itself
/// that it was imported from a file in the box is believed only when the importer of this program makes the same bytes from that file (a few seconds, once an
/// installation): its card was written by whoever wrote the folder. Thread-safe.
/// </summary>
internal sealed class ModelGate(ModelApprovals approvals, ModelLocations locations, TimeProvider time, ILogger<ModelGate> logger)
{
    /// <returns>The folder itself.</returns>
    /// <exception cref="ModelFolderException">Not approved, refused, or not recorded in the ledger yet; the message says what to do.</exception>
    public ModelFolder Admit(ModelFolder folder)
    {
        var standing = approvals.StandingOf(folder.Sha256);
        if (standing.MayLoad || (standing is { Approval: ModelApproval.Unreviewed, Problem: null } && TryApproveImport(folder)))
        {
            return folder;
        }

        throw new ModelFolderException(standing switch
        {
            { Problem: { } problem } => problem,
            { Approval: ModelApproval.Refused } => $"The model at {folder.Path} was refused by {standing.By}: {standing.Reason}",
            { Approval: ModelApproval.Approved } => $"The approval of the model at {folder.Path} is not in the ledger yet. Start the host again: it records decisions that were made while the ledger was out of reach.",
            _ => $"The model at {folder.Path} is not approved. Read its card ('rag models card {folder.Name}') and decide: 'rag models approve {folder.Name} --reason …'.",
        });
    }

    /// <summary>Whether a load would get as far as reading the folder: what a choice between folders goes by. Reads names and records only.</summary>
    public bool MightAdmit(ModelSummary model) =>
        approvals.StandingOf(model.Sha256) is var standing && (standing.MayLoad || (standing.Approval == ModelApproval.Unreviewed && ShippedModels.OfSource(model.SourceSha256) is not null));

    /// <summary>Approves the folder that the importer of this program has just made from a file in the box; does nothing for other sources.</summary>
    /// <returns>Whether it is approved now.</returns>
    public bool ApproveNewImport(ModelFolder folder)
    {
        if (ShippedModels.OfSource(ModelCard.Read(folder).Source?.Sha256) is not { } shipped)
        {
            return false;
        }

        if (approvals.StandingOf(folder.Sha256) is { Approval: ModelApproval.Unreviewed, Problem: null })
        {
            approvals.Decide(folder.Sha256, new ModelDecision
            {
                Model = folder.Name,
                Approval = ModelApproval.Approved,
                By = ModelApprovals.ShippedBy,
                Reason = $"Import of {shipped.Source?.File} in the box. {shipped.Reason}",
                At = time.GetUtcNow(),
                IsShipped = true,
                Generation = IsDefaultImport(folder) ? shipped.Generation : null,
            });
        }

        return approvals.StandingOf(folder.Sha256).MayLoad;
    }

    private static bool IsDefaultImport(ModelFolder folder) =>
        string.Equals(ModelCard.Read(folder).Importer?.Options, new ModelImportOptions().Canonical, StringComparison.Ordinal);

    private bool TryApproveImport(ModelFolder folder)
    {
        var card = ModelCard.Read(folder);
        if (ShippedModels.OfSource(card.Source?.Sha256) is not { } shipped || OptionsOf(card) is not { } options)
        {
            return false;
        }

        var source = Path.Combine(locations.Directory, shipped.Name, shipped.Source?.File ?? "");
        if (!File.Exists(source) || !SameBytes(folder, source, options))
        {
            return false;
        }

        Log.ImportProved(logger, folder.Name, shipped.Name);
        return ApproveNewImport(folder);
    }

    private static bool SameBytes(ModelFolder folder, string source, ModelImportOptions options)
    {
        var place = Directory.CreateTempSubdirectory("rag-proof-");
        try
        {
            // The same name, because the card holds it.
            var again = Task.Run(() => ModelImporter.ImportAsync(source, Path.Combine(place.FullName, folder.Name), options, progress: null, CancellationToken.None)).GetAwaiter().GetResult();
            return string.Equals(again.Sha256, folder.Sha256, StringComparison.Ordinal);
        }
        catch (ModelImportException)
        {
            return false; // the file in the box is not what it was; the folder stays unreviewed
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }

    /// <summary>The options whose spelling is the card's; null when none is.</summary>
    private static ModelImportOptions? OptionsOf(ModelCard card)
    {
        var candidates =
            from bits in Enum.GetValues<WeightBits>()
            from context in new[] { null, card.ContextTokens }
            from languages in new[] { null, card.Languages }
            select new ModelImportOptions { Bits = bits, ContextTokens = context, Languages = languages };
        return candidates.FirstOrDefault(o => string.Equals(o.Canonical, card.Importer?.Options, StringComparison.Ordinal));
    }
}
