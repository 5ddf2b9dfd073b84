using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.Folder;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Sources;

/// <summary>A Hugging Face folder as the source of an import.</summary>
internal sealed class HuggingFaceSource : ModelSource
{
    private readonly HuggingFaceFolder _folder;

    private HuggingFaceSource(HuggingFaceFolder folder)
    {
        _folder = folder;
        Files = [.. TakenOver.Candidates.Concat(SentenceTransformersFiles.Candidates).Where(folder.Has).Concat(folder.Weights.FileNames).Prepend(HuggingFaceFolder.ConfigName).Distinct(StringComparer.Ordinal).Select(folder.Location)];
    }

    public override string Name => _folder.Name;

    public override IReadOnlyList<string> Files { get; }

    public override SourceDescription Description
    {
        get
        {
            var readme = ModelReadme.Of(_folder);
            return new SourceDescription(
                readme.Licence,
                _folder.Config.TextOrNull("_name_or_path") is { Length: > 0 } origin ? origin : null,
                readme.Languages,
                _folder.Weights.Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, dimension) => product * dimension)),
                new SortedDictionary<string, int>(_folder.Weights.Tensors.CountBy(tensor => tensor.Type).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal));
        }
    }

    public static new HuggingFaceSource Open(string path) => new(HuggingFaceFolder.Open(path));

    public override ImportPlan Plan(ModelImportOptions options) => ModelFamily.OfModelType(_folder).Plan(_folder, options);

    public override void Dispose() => _folder.Dispose();
}
