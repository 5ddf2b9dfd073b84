using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Import.Folder;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.HuggingFace;
using EnterpriseRag.Inference.Models.Import.Tokenizers;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>A family of decoders: says how its sizes are read and what its tensors are called; the graph follows from the shape.</summary>
internal abstract class DecoderFamily : ModelFamily
{
    /// <summary>Longest context written without being asked: tables of 128 Ki positions take 64 MB at head size 128.</summary>
    public const int DefaultMaxContext = 131_072;

    private const int MaxContext = 1 << 20;

    /// <summary>Names of the tensors in a Hugging Face folder.</summary>
    protected virtual TensorNames Names(DecoderShape shape) => TensorNames.Llama;

    /// <summary>GGUF converters keep the rows of a stacked query, key and value as they are published.</summary>
    protected virtual bool KeepsQkv => false;

    /// <param name="config">config.json, or its text part.</param>
    protected abstract DecoderShape Describe(ConfigJson config);

    /// <param name="keys">Metadata of the architecture.</param>
    /// <param name="tensors">For what only their presence tells.</param>
    protected virtual DecoderShape Describe(GgufKeys keys, TensorSet tensors) => throw new NotSupportedException("This family names no GGUF architecture.");

    public sealed override ImportPlan Plan(HuggingFaceFolder folder, ModelImportOptions options)
    {
        var shape = Describe(folder.Config.Child("text_config") ?? folder.Config).Checked(folder.Name);
        var (context, notes) = Context(folder.Name, shape, options);
        var (graph, vocabulary) = DecoderRecipe.Write(shape, new SafetensorsTensorSet(folder, Names(shape)), context, options);
        var taken = TakenOver.Of(folder, vocabulary);
        var config = GenAiConfig.Write(Facts(shape, context, vocabulary), taken.Ids, taken.Search);
        var slots = AdapterSlots.Of(graph, PublishedSection);
        return new ImportPlan("generation", graph, [.. taken.Files, new FolderFile(GenAiConfig.FileName, config), new FolderFile(AdapterSlots.FileName, slots.ToJson())], context, notes);

        static AdapterPart? PublishedSection(RowSection section) =>
            new(AdapterSlots.Module(section.Tensor.Name), section.FirstRow, section.Rows, section.Order == RowOrder.AsStored ? null : section.Order.Rows);
    }

    public sealed override ImportPlan Plan(GgufModel model, ModelImportOptions options)
    {
        var keys = new GgufKeys(model.Metadata, model.Name);
        var tensors = new GgufTensorSet(model);
        var shape = Describe(keys, tensors).Checked(model.Name);
        var (context, notes) = Context(model.Name, shape, options);
        var (graph, vocabulary) = DecoderRecipe.Write(shape, tensors, context, options);
        var tokenizer = TokenizerKind.Plan(model.First, vocabulary);
        List<FolderFile> files = [new("tokenizer.json", tokenizer.TokenizerJson), new(TokenizerConfig.FileName, TokenizerConfig.Write(tokenizer, context))];
        if (tokenizer.ChatTemplate is not null)
        {
            files.Add(new("chat_template.jinja", System.Text.Encoding.UTF8.GetBytes(tokenizer.ChatTemplate)));
        }

        var ids = new SpecialIds(tokenizer.BeginOfText, tokenizer.EndOfText, tokenizer.Padding);
        files.Add(new(GenAiConfig.FileName, GenAiConfig.Write(Facts(shape, context, vocabulary), ids, SearchSettings.Greedy)));
        var names = Names(shape);
        files.Add(new(AdapterSlots.FileName, AdapterSlots.Of(graph, PublishedSection).ToJson()));
        return new ImportPlan("generation", graph, files, context, notes);

        // Adapters are made for the published layout. Interleaved heads were put back into it; rows that converters stacked anew have left it.
        AdapterPart? PublishedSection(RowSection section) =>
            names.Published(section.Tensor.Name) is { } published && (KeepsQkv || !section.Tensor.Name.EndsWith(".attn_qkv.weight", StringComparison.Ordinal))
                ? new(AdapterSlots.Module(published), section.FirstRow, section.Rows, null)
                : null;
    }

    private static (int Context, IReadOnlyList<string> Notes) Context(string source, DecoderShape shape, ModelImportOptions options)
    {
        var limit = shape.Limit ?? shape.Rotaries.Select(rotary => rotary.Limit).OfType<ContextLimit>().FirstOrDefault();
        var most = Math.Min(Math.Min(shape.Context, MaxContext), limit?.Tokens ?? int.MaxValue);
        if (options.ContextTokens is { } asked && (asked < 1 || asked > most))
        {
            var why = limit is not null && asked > limit.Tokens ? limit.Reason : string.Create(CultureInfo.InvariantCulture, $"{source} was trained for {shape.Context}");
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"A context of {asked} tokens was asked for; {why}. Ask for 1 to {most}."));
        }

        IReadOnlyList<string> notes = limit is not null && limit.Tokens < shape.Context
            ? [.. shape.Notes, string.Create(CultureInfo.InvariantCulture, $"The context is {limit.Tokens} of {shape.Context} tokens: {limit.Reason}.")]
            : shape.Notes;
        return (options.ContextTokens ?? Math.Min(most, DefaultMaxContext), notes);
    }

    private static DecoderFacts Facts(DecoderShape shape, int context, int vocabulary) =>
        new(shape.Type, shape.Layers, shape.Heads, shape.KeyValueHeads, shape.HeadSize, shape.Hidden, context, vocabulary);
}

/// <summary>What the configuration files say about a decoder.</summary>
/// <param name="Type">Model type of genai_config.json.</param>
/// <param name="Layers">Layers, each with one key and one value cache.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads.</param>
/// <param name="HeadSize">Values of a head.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Context">Positions that the graph's tables hold.</param>
/// <param name="Vocabulary">Rows of the head.</param>
internal sealed record DecoderFacts(string Type, int Layers, int Heads, int KeyValueHeads, int HeadSize, int Hidden, int Context, int Vocabulary);
