using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

[assembly: TokenizerComponent("WordPiece", typeof(EnterpriseRag.Inference.Tokenization.Models.WordPieceModel))]

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>BERT's rule: the longest token that begins a word, then the longest that continues it, and so on; a word that does not come out is unknown.</summary>
internal sealed class WordPieceModel : ITokenModel
{
    private const int DefaultMaxCharacters = 100;

    private readonly TokenTable _tokens;
    private readonly TokenIndex _index;
    private readonly PieceTrie _beginnings = new(1 << 16);
    private readonly PieceTrie _continuations = new(1 << 14);
    private readonly int _unknownId;
    private readonly int _maxCharacters;

    private WordPieceModel(TokenTable tokens, string unknown, string prefix, int maxCharacters)
    {
        _tokens = tokens;
        _index = new TokenIndex(tokens);
        _unknownId = _index.Find(unknown) is >= 0 and var id ? id : throw ModelJson.Wrong("unk_token", "a token of vocab");
        _maxCharacters = maxCharacters;
        for (var token = 0; token < tokens.Count; token++)
        {
            if (tokens.Text(token) is { Length: > 0 } text)
            {
                _beginnings.Add(text, token);
                if (text.Length > prefix.Length && text.StartsWith(prefix, StringComparison.Ordinal))
                {
                    _continuations.Add(text.AsSpan(prefix.Length), token);
                }
            }
        }
    }

    public int VocabularySize => _tokens.Count;

    public int TokenCount => _tokens.Tokens;

    public static ITokenModel Read(ref Utf8JsonReader reader)
    {
        TokenTable? tokens = null;
        var (unknown, prefix, maxCharacters) = ("[UNK]", "##", DefaultMaxCharacters);
        while (ModelJson.NextProperty(ref reader) is { } name)
        {
            switch (name)
            {
                case "vocab":
                    tokens = VocabularyReader.Read(ref reader);
                    break;
                case "unk_token":
                    unknown = ModelJson.Text(ref reader, name);
                    break;
                case "continuing_subword_prefix":
                    prefix = ModelJson.Text(ref reader, name);
                    break;
                case "max_input_chars_per_word":
                    maxCharacters = ModelJson.Id(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return tokens is null ? throw ModelJson.Wrong("vocab", "there") : new WordPieceModel(tokens, unknown, prefix, maxCharacters);
    }

    public int Id(ReadOnlySpan<char> token) => _index.Find(token);

    public string? Token(int id) => _tokens.Text(id);

    public ITokenWorker CreateWorker() => new Worker(this);

    private sealed class Worker(WordPieceModel model) : ITokenWorker
    {
        public void Tokenize(ReadOnlySpan<char> piece, TokenBuffer tokens)
        {
            var before = tokens.Count;
            var start = 0;
            while (start < piece.Length && !IsTooLong(piece))
            {
                var id = Longest(start == 0 ? model._beginnings : model._continuations, piece[start..], out var length);
                if (id < 0)
                {
                    break;
                }

                tokens.Add(id, start, start + length);
                start += length;
            }

            if (start < piece.Length)
            {
                tokens.Truncate(before);
                tokens.Add(model._unknownId, 0, piece.Length);
            }
        }

        private bool IsTooLong(ReadOnlySpan<char> piece)
        {
            if (piece.Length <= model._maxCharacters)
            {
                return false;
            }

            var characters = piece.Length;
            foreach (var unit in piece)
            {
                characters -= char.IsLowSurrogate(unit) ? 1 : 0;
            }

            return characters > model._maxCharacters;
        }

        private static int Longest(PieceTrie trie, ReadOnlySpan<char> text, out int length)
        {
            var found = PieceTrie.None;
            var node = PieceTrie.Root;
            length = 0;
            for (var i = 0; i < text.Length; i++)
            {
                node = trie.Step(node, text[i]);
                if (node == PieceTrie.None)
                {
                    break;
                }

                if (trie.Value(node) != PieceTrie.None)
                {
                    (found, length) = (trie.Value(node), i + 1);
                }
            }

            return found;
        }
    }
}
