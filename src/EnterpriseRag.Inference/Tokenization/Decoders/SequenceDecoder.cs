using EnterpriseRag.Inference.Tokenization.Components;

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>Decoders one after the other.</summary>
[TokenizerComponent("Sequence")]
internal sealed class SequenceDecoder(ITokenDecoder[] decoders) : ITokenDecoder
{
    public static ITokenDecoder Read(ComponentSettings settings) => new SequenceDecoder(settings.Children<ITokenDecoder>("decoders"));

    public DecoderStage Start(DecoderStage next)
    {
        for (var i = decoders.Length - 1; i >= 0; i--)
        {
            next = decoders[i].Start(next);
        }

        return next;
    }
}
