using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Sequence", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.SequencePreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Pre-tokenisers one after the other, each dividing the pieces of the one before.</summary>
internal sealed class SequencePreTokenizer(IPreTokenizer[] preTokenizers) : IPreTokenizer
{
    public static IPreTokenizer Read(ComponentSettings settings) => new SequencePreTokenizer(settings.Children<IPreTokenizer>("pretokenizers"));

    public bool NeedsSource => preTokenizers.Any(preTokenizer => preTokenizer.NeedsSource);

    public void Divide(PreTokenizedText text)
    {
        foreach (var preTokenizer in preTokenizers)
        {
            preTokenizer.Divide(text);
        }
    }
}
