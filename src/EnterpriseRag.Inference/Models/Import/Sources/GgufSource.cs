using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.Gguf;

namespace EnterpriseRag.Inference.Models.Import.Sources;

/// <summary>A GGUF model as the source of an import.</summary>
internal sealed class GgufSource : ModelSource
{
    private readonly GgufModel _model;

    private GgufSource(GgufModel model) => _model = model;

    public override string Name => _model.Name;

    public override IReadOnlyList<string> Files => _model.Paths;

    public override SourceDescription Description
    {
        get
        {
            var keys = _model.Metadata;
            string?[] origin = [keys.TextOrNull("general.organization"), keys.TextOrNull("general.name"), keys.TextOrNull("general.source.url")];
            return new SourceDescription(
                keys.TextOrNull("general.license"),
                origin.Any(part => part is not null) ? string.Join(", ", origin.OfType<string>()) : null,
                keys.TextsOrNull("general.languages"),
                _model.Tensors.Sum(tensor => tensor.Dimensions.Aggregate(1L, (product, dimension) => product * dimension)),
                new SortedDictionary<string, int>(_model.Tensors.CountBy(tensor => tensor.Format.Name).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal));
        }
    }

    public static new GgufSource Open(string path) => new(GgufModel.Open(path));

    public override ImportPlan Plan(ModelImportOptions options) => ModelFamily.OfArchitecture(_model).Plan(_model, options);

    public override void Dispose() => _model.Dispose();
}
