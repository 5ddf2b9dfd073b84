using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

[assembly: TokenizerComponent("WordLevel", typeof(EnterpriseRag.Inference.Tokenization.Models.WordLevelModel))]

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>Each piece is a token or unknown.</summary>
internal sealed class WordLevelModel : ITokenModel
{
    private readonly TokenTable _tokens;
    private readonly TokenIndex _index;
    private readonly int _unknownId;

    private WordLevelModel(TokenTable tokens, string unknown)
    {
        _tokens = tokens;
        _index = new TokenIndex(tokens);
        _unknownId = _index.Find(unknown) is >= 0 and var id ? id : throw ModelJson.Wrong("unk_token", "a token of vocab");
    }

    public int VocabularySize => _tokens.Count;

    public int TokenCount => _tokens.Tokens;

    public static ITokenModel Read(ref Utf8JsonReader reader)
    {
        TokenTable? tokens = null;
        var unknown = "<unk>";
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
                default:
                    reader.Skip();
                    break;
            }
        }

        return tokens is null ? throw ModelJson.Wrong("vocab", "there") : new WordLevelModel(tokens, unknown);
    }

    public int Id(ReadOnlySpan<char> token) => _index.Find(token);

    public string? Token(int id) => _tokens.Text(id);

    public ITokenWorker CreateWorker() => new Worker(this);

    private sealed class Worker(WordLevelModel model) : ITokenWorker
    {
        public void Tokenize(ReadOnlySpan<char> piece, TokenBuffer tokens)
        {
            var id = model.Id(piece);
            tokens.Add(id >= 0 ? id : model._unknownId, 0, piece.Length);
        }
    }
}
