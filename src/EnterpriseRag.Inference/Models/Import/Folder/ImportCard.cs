using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Weights;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>Fills the card from the published file's metadata and from what the import did.</summary>
internal static class ImportCard
{
    public static ModelCard Make(string name, GgufFile file, string sha256, DecoderPlan plan, ModelImportOptions options, IReadOnlyList<(string Name, RoundingLoss Loss)> losses)
    {
        var keys = file.Metadata;
        var worst = losses.MaxBy(loss => loss.Loss.Relative);
        return new ModelCard
        {
            Name = name,
            Task = "generation",
            Licence = keys.TextOrNull("general.license"),
            Origin = Origin(keys),
            Source = new ModelCardSource(file.Name, sha256, file.Length),
            Importer = new ModelCardImporter(ModelImporter.ImporterVersion, options.Canonical),
            Languages = options.Languages ?? keys.TextsOrNull("general.languages") ?? [],
            ContextTokens = plan.Facts.Context,
            Parameters = file.Tensors.Values.Sum(tensor => tensor.Dimensions.Aggregate(1L, (product, dimension) => product * dimension)),
            Quantisation = new ModelCardQuantisation(
                new SortedDictionary<string, int>(file.Tensors.Values.CountBy(tensor => tensor.Format.Name).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal),
                Forms(plan.Graph.Data.Jobs.OfType<BlockJob>().Where(job => !IsEmbedding(job)).Select(job => job.Form), options),
                Forms(plan.Graph.Data.Jobs.OfType<BlockJob>().Where(IsEmbedding).Select(job => job.Form), options),
                Round(losses.Aggregate(default(RoundingLoss), (sum, loss) => sum + loss.Loss).Relative),
                worst.Loss.Relative > 0 ? worst.Name : null,
                Round(worst.Loss.Relative)),
        };
    }

    private static string? Origin(GgufMetadata keys)
    {
        string?[] parts = [keys.TextOrNull("general.organization"), keys.TextOrNull("general.name"), keys.TextOrNull("general.source.url")];
        return parts.Any(part => part is not null) ? string.Join(", ", parts.OfType<string>()) : null;
    }

    private static bool IsEmbedding(BlockJob job) => job.Name is "token_embd.weight" or "output.weight";

    private static string Forms(IEnumerable<WeightForm> forms, ModelImportOptions options)
    {
        var names = forms.Distinct().Order().Select(form => form == WeightForm.FourBit ? "4 bits, blocks of 32" : "8 bits, blocks of 32").ToList();
        return names.Count > 0 ? string.Join(" and ", names) : options.Bits == WeightBits.Full ? "32 bits" : "none";
    }

    // Three digits: enough to judge by, and the same on every machine.
    private static double Round(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
