using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>The recipe of one family. One sealed class a family; <see cref="Registered{T}"/> finds them. Stateless and thread-safe.</summary>
internal abstract class ModelFamily
{
    /// <summary>Values of model_type in config.json.</summary>
    public abstract IReadOnlyList<string> ModelTypes { get; }

    /// <summary>Values of general.architecture in GGUF files; none = not published in that form.</summary>
    public virtual IReadOnlyList<string> Architectures => [];

    /// <exception cref="ModelImportException">Sizes or tensors that do not fit, or a feature that the recipe does not cover, by name.</exception>
    public abstract ImportPlan Plan(HuggingFaceFolder folder, ModelImportOptions options);

    /// <inheritdoc cref="Plan(HuggingFaceFolder, ModelImportOptions)"/>
    public virtual ImportPlan Plan(GgufModel model, ModelImportOptions options) => throw new NotSupportedException("This family names no GGUF architecture.");

    public static ModelFamily OfModelType(HuggingFaceFolder folder)
    {
        var type = folder.Config.Text("model_type");
        if (folder.Config.Child("quantization_config") is { } quantisation)
        {
            throw new ModelImportException($"{folder.Name} is published with weights quantised by '{quantisation.TextOrNull("quant_method") ?? "an unnamed method"}', which this importer does not read. Take the original weights, or a GGUF file of the model.");
        }

        return Registered<ModelFamily>.All.SingleOrDefault(family => family.ModelTypes.Contains(type, StringComparer.Ordinal))
            ?? throw new ModelImportException($"{folder.Name} is of the model type '{type}', which is not supported. Supported: {Known(family => family.ModelTypes)}.");
    }

    public static ModelFamily OfArchitecture(GgufModel model)
    {
        var name = model.Metadata.Text("general.architecture");
        if (model.Metadata.TextOrNull("general.type") is { } type and not "model")
        {
            throw new ModelImportException($"{model.Name} is not a model but of the type '{type}'. Name the file of the model itself.");
        }

        return Registered<ModelFamily>.All.SingleOrDefault(family => family.Architectures.Contains(name, StringComparer.Ordinal))
            ?? throw new ModelImportException($"{model.Name} has the architecture '{name}', which is not supported. Supported: {Known(family => family.Architectures)}.");
    }

    private static string Known(Func<ModelFamily, IReadOnlyList<string>> names) => string.Join(", ", Registered<ModelFamily>.All.SelectMany(names).Order(StringComparer.Ordinal));
}
