using EnterpriseRag.Inference.Tokenization.Components;

[assembly: TokenizerComponent("WordPiece", typeof(EnterpriseRag.Inference.Tokenization.Decoders.WordPieceDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>Joins pieces that continue a word and puts a space before all others but the first; cleaned up, signs stand close to the word before.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanUp) : ITokenDecoder
{
    // In the reference's order: what one rule leaves, the next sees.
    private static readonly (string Found, string Instead)[] s_cleanUp =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public static ITokenDecoder Read(ComponentSettings settings) => new WordPieceDecoder(settings.Text("prefix"), settings.Flag("cleanup", absent: true));

    public DecoderStage Start(DecoderStage next) => new Stage(prefix, cleanUp, next);

    private sealed class Stage(string prefix, bool cleanUp, DecoderStage next) : DecoderStage(next)
    {
        private bool _first = true;

        public override void Push(ReadOnlySpan<char> token)
        {
            var text = _first ? token.ToString()
                : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..].ToString()
                : $" {token}";
            _first = false;
            if (cleanUp)
            {
                foreach (var (found, instead) in s_cleanUp)
                {
                    text = text.Replace(found, instead, StringComparison.Ordinal);
                }
            }

            Next.Push(text);
        }
    }
}
