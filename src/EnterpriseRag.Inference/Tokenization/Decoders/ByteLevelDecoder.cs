using System.Text;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("ByteLevel", typeof(EnterpriseRag.Inference.Tokenization.Decoders.ByteLevelDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>Characters of <see cref="ByteAlphabet"/> back to bytes and these to text; broken UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelDecoder : ITokenDecoder
{
    public static ITokenDecoder Read(ComponentSettings settings) => new ByteLevelDecoder();

    public DecoderStage Start(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : DecoderStage(next)
    {
        // Holds back the bytes of a character that is not complete: at most three.
        private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
        private byte[] _bytes = new byte[64];
        private char[] _chars = new char[64];

        public override void Push(ReadOnlySpan<char> token)
        {
            if (_bytes.Length < token.Length)
            {
                _bytes = new byte[token.Length];
            }

            if (ByteAlphabet.TryGetBytes(token, _bytes))
            {
                Pass(_bytes.AsSpan(0, token.Length), flush: false);
            }
            else
            {
                Pass(Encoding.UTF8.GetBytes(token.ToString()), flush: false);
            }
        }

        protected override void Release() => Pass([], flush: true);

        private void Pass(ReadOnlySpan<byte> bytes, bool flush)
        {
            var needed = Encoding.UTF8.GetMaxCharCount(bytes.Length + 3);
            if (_chars.Length < needed)
            {
                _chars = new char[needed];
            }

            var count = _utf8.GetChars(bytes, _chars, flush);
            if (count > 0)
            {
                Next.PushPart(_chars.AsSpan(0, count));
            }
        }
    }
}
