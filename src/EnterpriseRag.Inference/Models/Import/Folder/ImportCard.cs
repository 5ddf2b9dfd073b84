using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.Sources;
using EnterpriseRag.Inference.Models.Import.Weights;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>Fills the card from what the publisher says and from what the import did.</summary>
internal static class ImportCard
{
    public static ModelCard Make(string name, ModelSource source, string sha256, ImportPlan plan, ModelImportOptions options, IReadOnlyList<(string Name, RoundingLoss Loss)> losses)
    {
        var description = source.Description;
        var worst = losses.MaxBy(loss => loss.Loss.Relative);
        return new ModelCard
        {
            Name = name,
            Task = plan.Task,
            Licence = description.Licence,
            Origin = description.Origin,
            Source = new ModelCardSource(source.Name, sha256, source.Bytes),
            Importer = new ModelCardImporter(ModelImporter.ImporterVersion, options.Canonical),
            Languages = options.Languages ?? description.Languages ?? [],
            ContextTokens = plan.ContextTokens,
            Parameters = description.Parameters,
            Quantisation = new ModelCardQuantisation(
                description.Types,
                Forms(plan.Graph.Data.Jobs.OfType<BlockJob>().Where(job => !IsEmbedding(job)).Select(job => job.Form)),
                Forms(plan.Graph.Data.Jobs.OfType<BlockJob>().Where(IsEmbedding).Select(job => job.Form)),
                Round(losses.Aggregate(default(RoundingLoss), (sum, loss) => sum + loss.Loss).Relative),
                worst.Loss.Relative > 0 ? worst.Name : null,
                Round(worst.Loss.Relative)),
            Notes = plan.Notes.Count > 0 ? plan.Notes : null,
        };
    }

    private static bool IsEmbedding(BlockJob job) => job.Name is "token_embd.weight" or "output.weight";

    private static string Forms(IEnumerable<WeightForm> forms)
    {
        var names = forms.Distinct().Order().Select(form => form == WeightForm.FourBit ? "4 bits, blocks of 32" : "8 bits, blocks of 32").ToList();
        return names.Count > 0 ? string.Join(" and ", names) : "32 bits";
    }

    // Three digits: enough to judge by, and the same on every machine.
    private static double Round(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
