using EnterpriseRag.Inference.Tokenization.Components;

[assembly: TokenizerComponent("Sequence", typeof(EnterpriseRag.Inference.Tokenization.Decoders.SequenceDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>Decoders one after the other.</summary>
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
