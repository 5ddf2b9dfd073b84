using EnterpriseRag.Inference.Tokenization.Components;

[assembly: TokenizerComponent("BPEDecoder", typeof(EnterpriseRag.Inference.Tokenization.Decoders.BpeDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>A word's end mark becomes a space, in the last token nothing; so a token is held back until the next one comes.</summary>
internal sealed class BpeDecoder(string suffix) : ITokenDecoder
{
    public static ITokenDecoder Read(ComponentSettings settings) => settings.Text("suffix") is { Length: > 0 } suffix
        ? new BpeDecoder(suffix)
        : throw settings.Unsupported("an empty suffix");

    public DecoderStage Start(DecoderStage next) => new Stage(suffix, next);

    private sealed class Stage(string suffix, DecoderStage next) : DecoderStage(next)
    {
        private string? _held;

        public override void Push(ReadOnlySpan<char> token)
        {
            Pass(" ");
            _held = token.ToString();
        }

        protected override void Release() => Pass("");

        private void Pass(string instead)
        {
            if (_held is not null)
            {
                Next.Push(_held.Replace(suffix, instead, StringComparison.Ordinal));
                _held = null;
            }
        }
    }
}
