using EnterpriseRag.Inference.Tokenization.Components;

[assembly: TokenizerComponent("Fuse", typeof(EnterpriseRag.Inference.Tokenization.Decoders.FuseDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>Makes one token of all, so that the decoders behind it see the whole text.</summary>
internal sealed class FuseDecoder : ITokenDecoder
{
    public static ITokenDecoder Read(ComponentSettings settings) => new FuseDecoder();

    public DecoderStage Start(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : DecoderStage(next)
    {
        public override void Push(ReadOnlySpan<char> token) => Next.PushPart(token);

        public override void PushPart(ReadOnlySpan<char> part) => Next.PushPart(part);
    }
}
