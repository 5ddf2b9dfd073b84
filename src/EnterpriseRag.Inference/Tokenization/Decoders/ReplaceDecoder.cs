using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Expressions;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Replace", typeof(EnterpriseRag.Inference.Tokenization.Decoders.ReplaceDecoder))]

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>Puts a fixed text in the place of every match, token by token.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : ITokenDecoder
{
    // Longer than any published one; bounds how far a file can make text grow.
    private const int MaxContent = 256;

    public static ITokenDecoder Read(ComponentSettings settings) => settings.Text("content") is { Length: <= MaxContent } content
        ? new ReplaceDecoder(TextPattern.Read(settings), content)
        : throw settings.Unsupported($"content of more than {MaxContent} characters");

    public DecoderStage Start(DecoderStage next) => new Stage(pattern, content, next);

    private sealed class Stage(TextPattern pattern, string content, DecoderStage next) : DecoderStage(next)
    {
        private readonly List<Piece> _matches = [];

        public override void Push(ReadOnlySpan<char> token) => Next.Push(Replace(token));

        public override void PushPart(ReadOnlySpan<char> part)
        {
            if (pattern.MatchesSingleCharacters)
            {
                Next.PushPart(Replace(part));
            }
            else
            {
                base.PushPart(part);
            }
        }

        private ReadOnlySpan<char> Replace(ReadOnlySpan<char> token)
        {
            _matches.Clear();
            pattern.FindAll(token, _matches);
            if (_matches.Count == 0)
            {
                return token;
            }

            var replaced = new System.Text.StringBuilder();
            var copied = 0;
            foreach (var match in _matches)
            {
                replaced.Append(token[copied..match.Start]).Append(content);
                copied = match.Start + match.Length;
            }

            return replaced.Append(token[copied..]).ToString();
        }
    }
}
