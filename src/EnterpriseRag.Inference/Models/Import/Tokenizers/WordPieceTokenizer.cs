using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>
/// BERT's word pieces. Converters write a word's first piece as ▁word and its next pieces bare; they are written back as word and ##piece. The file does not
/// say whether text is lower-cased: it is when no piece has a capital letter.
/// </summary>
internal sealed class WordPieceTokenizer() : TokenizerKind("bert")
{
    private const char Space = '▁';
    private const string Continuing = "##";

    protected override WrittenTokenizer Write(TokenizerSource source)
    {
        var tokens = Published(source.Tokens);
        var begin = source.Id("cls") ?? source.Begin ?? Find("[CLS]");
        var end = source.Id("seperator") ?? source.Id("separator") ?? source.End ?? Find("[SEP]"); // the first is how the key is spelt
        var unknown = source.Unknown ?? Find("[UNK]") ?? throw source.Keys.Missing("tokenizer.ggml.unknown_token_id");
        int?[] named = [begin, end, unknown, source.Padding ?? Find("[PAD]"), source.Id("mask") ?? Find("[MASK]")];
        HashSet<int> special = [.. named.OfType<int>()];
        var lowercase = !tokens.Where((_, id) => source.Types[id] == TokenType.Normal && !special.Contains(id) && !IsBracketed(tokens[id])).Any(token => token.Any(char.IsAsciiLetterUpper));
        var (addsBegin, addsEnd) = (source.Keys.Flag("tokenizer.ggml.add_bos_token", absent: true), source.Keys.Flag("tokenizer.ggml.add_eos_token", absent: true));
        var document = new TokenizerDocument
        {
            Added = [.. tokens.Select((token, id) => (Id: id, Content: token, Special: source.Types[id] != TokenType.UserDefined))
                .Where(token => special.Contains(token.Id) || source.Types[token.Id] is TokenType.Control or TokenType.UserDefined or TokenType.Unknown)],
            Normalizer = new JsonObject { ["type"] = "BertNormalizer", ["clean_text"] = true, ["handle_chinese_chars"] = true, ["strip_accents"] = null, ["lowercase"] = lowercase },
            PreTokenizer = new JsonObject { ["type"] = "BertPreTokenizer" },
            PostProcessor = TokenizerDocument.Template(tokens, addsBegin ? begin : null, addsEnd ? end : null, secondRepeatsBegin: false),
            Decoder = new JsonObject { ["type"] = "WordPiece", ["prefix"] = Continuing, ["cleanup"] = true },
            Model = json =>
            {
                json.WriteStartObject();
                json.WriteString("type", "WordPiece");
                json.WriteString("unk_token", tokens[unknown]);
                json.WriteString("continuing_subword_prefix", Continuing);
                json.WriteNumber("max_input_chars_per_word", 100);
                TokenizerDocument.WriteVocabulary(json, tokens);
                json.WriteEndObject();
            },
        };
        return new WrittenTokenizer(document.ToBytes(), addsBegin, addsEnd, "BertTokenizer", Ends: end is { } id ? [id] : []);

        int? Find(string token) => Array.IndexOf(tokens, token) is >= 0 and var id ? id : null;
    }

    private static string[] Published(string[] tokens)
    {
        if (!Array.Exists(tokens, token => token.StartsWith(Space)))
        {
            return tokens; // never turned round
        }

        var published = Array.ConvertAll(tokens, token => IsBracketed(token) ? token : token.StartsWith(Space) ? token[1..] : Continuing + token);
        return new HashSet<string>(published, StringComparer.Ordinal).Count == published.Length
            ? published
            : throw new ModelImportException("The tokenizer's list of word pieces names a piece twice. The file is damaged.");
    }

    private static bool IsBracketed(string token) => token.StartsWith('[') && token.EndsWith(']');
}
