using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Sequence", typeof(EnterpriseRag.Inference.Tokenization.PostProcessors.SequencePostProcessor))]

namespace EnterpriseRag.Inference.Tokenization.PostProcessors;

/// <summary>Post-processors one after the other.</summary>
internal sealed class SequencePostProcessor(IPostProcessor[] processors) : IPostProcessor
{
    public static IPostProcessor Read(ComponentSettings settings) => new SequencePostProcessor(settings.Children<IPostProcessor>("processors"));

    public void Process(TokenBuffer tokens, ITokenModel model, ReadOnlySpan<char> source, bool addSpecialTokens)
    {
        foreach (var processor in processors)
        {
            processor.Process(tokens, model, source, addSpecialTokens);
        }
    }
}
