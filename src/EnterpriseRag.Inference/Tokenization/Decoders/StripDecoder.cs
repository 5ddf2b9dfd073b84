using EnterpriseRag.Inference.Tokenization.Components;

[assembly: TokenizerComponent("Strip", typeof(EnterpriseRag.Inference.Tokenization.Decoders.StripDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>Takes up to so many of a character away from the beginning and the end of each token; behind Fuse that is the whole text.</summary>
internal sealed class StripDecoder(char content, int start, int stop) : ITokenDecoder
{
    public static ITokenDecoder Read(ComponentSettings settings) => settings.Text("content") is [var content] && !char.IsSurrogate(content)
        ? new StripDecoder(content, settings.Count("start"), settings.Count("stop"))
        : throw settings.Wrong("content", "one character of the basic plane");

    public DecoderStage Start(DecoderStage next) => new Stage(content, start, stop, next);

    private sealed class Stage(char content, int start, int stop, DecoderStage next) : DecoderStage(next)
    {
        private int _removed; // from the beginning of the fused text
        private bool _begun; // it has text that stays

        public override void Push(ReadOnlySpan<char> token)
        {
            for (var i = 0; i < start && token.StartsWith(content); i++)
            {
                token = token[1..];
            }

            for (var i = 0; i < stop && token.EndsWith(content); i++)
            {
                token = token[..^1];
            }

            Next.Push(token);
        }

        public override void PushPart(ReadOnlySpan<char> part)
        {
            if (stop > 0)
            {
                base.PushPart(part);
                return;
            }

            for (; !_begun && _removed < start && part.StartsWith(content); _removed++)
            {
                part = part[1..];
            }

            _begun |= !part.IsEmpty;
            Next.PushPart(part);
        }
    }
}
