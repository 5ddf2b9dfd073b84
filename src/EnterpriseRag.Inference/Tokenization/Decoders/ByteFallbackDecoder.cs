using System.Globalization;
using System.Text;
using System.Text.Unicode;
using EnterpriseRag.Inference.Tokenization.Components;

[assembly: TokenizerComponent("ByteFallback", typeof(EnterpriseRag.Inference.Tokenization.Decoders.ByteFallbackDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>
/// Byte tokens (<c>&lt;0xE4&gt;</c>) back to text. A run of them is text if all of it is UTF-8, otherwise one U+FFFD for each byte; so a run is held
/// back until it ends.
/// </summary>
internal sealed class ByteFallbackDecoder : ITokenDecoder
{
    public static ITokenDecoder Read(ComponentSettings settings) => new ByteFallbackDecoder();

    public DecoderStage Start(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : DecoderStage(next)
    {
        private readonly List<byte> _run = [];

        public override void Push(ReadOnlySpan<char> token)
        {
            if (token is ['<', '0', 'x', _, _, '>'] && TryParse(token.Slice(3, 2), out var value))
            {
                _run.Add(value);
                return;
            }

            Release();
            Next.Push(token);
        }

        protected override void Release()
        {
            if (_run.Count == 0)
            {
                return;
            }

            var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_run);
            if (Utf8.IsValid(bytes))
            {
                Next.Push(Encoding.UTF8.GetString(bytes));
            }
            else
            {
                for (var i = 0; i < bytes.Length; i++)
                {
                    Next.Push("\uFFFD");
                }
            }

            _run.Clear();
        }

        // As the reference parses it: also +F is a number.
        private static bool TryParse(ReadOnlySpan<char> digits, out byte value) =>
            byte.TryParse(digits[0] == '+' ? digits[1..] : digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
