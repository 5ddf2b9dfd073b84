using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>What the configuration files and the card say about a decoder.</summary>
/// <param name="Type">Model type of genai_config.json.</param>
/// <param name="Layers">Layers, each with one key and one value cache.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads.</param>
/// <param name="HeadSize">Values of a head.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Context">Positions that the graph's tables hold.</param>
/// <param name="Vocabulary">Rows of the head.</param>
internal sealed record DecoderFacts(string Type, int Layers, int Heads, int KeyValueHeads, int HeadSize, int Hidden, int Context, int Vocabulary);

/// <summary>A whole import, laid out and checked; no weight was read yet and nothing written.</summary>
internal sealed record DecoderPlan(GraphBuilder Graph, DecoderFacts Facts);

/// <summary>The recipe of one GGUF architecture. One sealed class a family; <see cref="Registered{T}"/> finds them.</summary>
internal abstract class GgufArchitecture(string name)
{
    /// <summary>Longest context written without being asked: tables of 128 Ki positions take 64 MB at head size 128.</summary>
    public const int DefaultMaxContext = 131_072;

    /// <summary>Value of general.architecture.</summary>
    public string Name { get; } = name;

    /// <exception cref="ModelImportException">Sizes or tensors that do not fit, or a feature that the recipe does not cover, by name.</exception>
    public abstract DecoderPlan Plan(GgufFile file, ModelImportOptions options);

    public static GgufArchitecture Of(GgufFile file)
    {
        var name = file.Metadata.Text("general.architecture");
        return Registered<GgufArchitecture>.All.SingleOrDefault(architecture => string.Equals(architecture.Name, name, StringComparison.Ordinal))
            ?? throw new ModelImportException($"{file.Name} has the architecture '{name}', which is not supported. Supported: {string.Join(", ", Registered<GgufArchitecture>.All.Select(a => a.Name))}.");
    }
}
