using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>
/// What one value of tokenizer.ggml.pre means: how text is cut before the merges. A wrong guess gives other tokens without any error, so an
/// unknown value is refused. One sealed class a splitter; <see cref="Registered{T}"/> finds them.
/// </summary>
internal abstract class Splitter(params string[] names)
{
    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>A whole piece that is a token wins before any merge.</summary>
    public virtual bool IgnoreMerges => false;

    /// <summary>Whether plain text gets the first token in front where the file does not say.</summary>
    public virtual bool AddsBegin => false;

    /// <summary>The value of "normalizer".</summary>
    public virtual JsonNode? Normalizer => null;

    /// <summary>The value of "pre_tokenizer".</summary>
    public abstract JsonNode PreTokenizer { get; }

    public static Splitter Named(string name) =>
        Registered<Splitter>.All.SingleOrDefault(splitter => splitter.Names.Contains(name, StringComparer.Ordinal))
        ?? throw new ModelImportException($"The tokenizer cuts text by the rule '{name}', which is not supported and must not be guessed. Supported: {string.Join(", ", Registered<Splitter>.All.SelectMany(s => s.Names))}.");

    /// <summary>The byte alphabet, with or without GPT-2's expression.</summary>
    protected static JsonObject ByteLevel(bool useRegex) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = useRegex };

    protected static JsonObject Sequence(params JsonNode[] steps) => new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(steps) };

    /// <summary>An expression that finds the pieces, then the byte alphabet.</summary>
    protected static JsonObject Expression(string regex, string behavior = "Isolated", bool invert = false) => Sequence(Split(regex, behavior, invert), ByteLevel(useRegex: false));

    protected static JsonObject Split(string regex, string behavior, bool invert) =>
        new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = regex }, ["behavior"] = behavior, ["invert"] = invert };
}
