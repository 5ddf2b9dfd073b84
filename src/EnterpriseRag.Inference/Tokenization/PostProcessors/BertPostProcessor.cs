using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("BertProcessing", typeof(EnterpriseRag.Inference.Tokenization.PostProcessors.BertPostProcessor))]
[assembly: TokenizerComponent("RobertaProcessing", typeof(EnterpriseRag.Inference.Tokenization.PostProcessors.BertPostProcessor))]

namespace EnterpriseRag.Inference.Tokenization.PostProcessors;

/// <summary>One token before and one behind the text; RoBERTa's also trims spans.</summary>
internal sealed class BertPostProcessor(int before, int after, bool trimOffsets, bool addPrefixSpace) : IPostProcessor
{
    public static IPostProcessor Read(ComponentSettings settings)
    {
        var trims = settings.Type is "RobertaProcessing";
        return new BertPostProcessor(
            Id(settings, "cls"),
            Id(settings, "sep"),
            trims && settings.Flag("trim_offsets", absent: true),
            trims && settings.Flag("add_prefix_space", absent: true));
    }

    public void Process(TokenBuffer tokens, ITokenModel model, ReadOnlySpan<char> source, bool addSpecialTokens)
    {
        if (trimOffsets)
        {
            OffsetTrimming.Apply(tokens, model, source, addPrefixSpace);
        }

        if (addSpecialTokens)
        {
            tokens.Insert(0, before);
            tokens.Add(after, 0, 0);
        }
    }

    private static int Id(ComponentSettings settings, string name)
    {
        var pair = settings.Required(name, JsonValueKind.Array);
        return pair.GetArrayLength() == 2 && pair[1].ValueKind == JsonValueKind.Number && pair[1].TryGetInt32(out var id) && id >= 0
            ? id
            : throw settings.Wrong(name, "a list of a token and its id");
    }
}
