using System.Text.Json;

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

    /// <summary>Writes the value of "normalizer".</summary>
    public virtual void WriteNormalizer(Utf8JsonWriter json) => json.WriteNullValue();

    /// <summary>Writes the value of "pre_tokenizer".</summary>
    public abstract void WritePreTokenizer(Utf8JsonWriter json);

    public static Splitter Named(string name) =>
        Registered<Splitter>.All.SingleOrDefault(splitter => splitter.Names.Contains(name, StringComparer.Ordinal))
        ?? throw new ModelImportException($"The tokenizer cuts text by the rule '{name}', which is not supported and must not be guessed. Supported: {string.Join(", ", Registered<Splitter>.All.SelectMany(s => s.Names))}.");

    /// <summary>The byte alphabet, with or without GPT-2's expression.</summary>
    protected static void WriteByteLevel(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", useRegex);
        json.WriteEndObject();
    }
}
