using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Metaspace", typeof(EnterpriseRag.Inference.Tokenization.Decoders.MetaspaceDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>The visible space back to a space; in the first token it goes away, for it was put in front.</summary>
internal sealed class MetaspaceDecoder(MetaspaceSettings metaspace) : ITokenDecoder
{
    public static ITokenDecoder Read(ComponentSettings settings) => new MetaspaceDecoder(MetaspaceSettings.Read(settings));

    public DecoderStage Start(DecoderStage next) => new Stage(metaspace, next);

    private sealed class Stage(MetaspaceSettings metaspace, DecoderStage next) : DecoderStage(next)
    {
        private bool _first = true;

        public override void Push(ReadOnlySpan<char> token)
        {
            Next.Push(Replace(token));
            _first = false;
        }

        public override void PushPart(ReadOnlySpan<char> part) => Next.PushPart(Replace(part));

        private string Replace(ReadOnlySpan<char> token)
        {
            var text = token.ToString();
            return _first && metaspace.Prepend != PrependScheme.Never
                ? text.Replace(metaspace.Replacement.ToString(), "", StringComparison.Ordinal)
                : text.Replace(metaspace.Replacement, ' ');
        }
    }
}
