using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("ByteLevel", typeof(EnterpriseRag.Inference.Tokenization.PostProcessors.ByteLevelPostProcessor))]

namespace EnterpriseRag.Inference.Tokenization.PostProcessors;

/// <summary>Takes the white space at both ends of a token out of its span.</summary>
internal sealed class ByteLevelPostProcessor(bool trimOffsets, bool addPrefixSpace) : IPostProcessor
{
    public static IPostProcessor Read(ComponentSettings settings) =>
        new ByteLevelPostProcessor(settings.Flag("trim_offsets", absent: true), settings.Flag("add_prefix_space", absent: true));

    public void Process(TokenBuffer tokens, ITokenModel model, ReadOnlySpan<char> source, bool addSpecialTokens)
    {
        if (trimOffsets)
        {
            OffsetTrimming.Apply(tokens, model, source, addPrefixSpace);
        }
    }
}
