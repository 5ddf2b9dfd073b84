using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

[assembly: TokenizerComponent("BPE", typeof(EnterpriseRag.Inference.Tokenization.Models.BpeModel))]

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>Byte pair encoding: characters, merged pair by pair in the order of the ranks learnt.</summary>
internal sealed class BpeModel : ITokenModel
{
    // Covers the byte alphabet and Latin; other characters of a SentencePiece vocabulary go through the dictionary.
    private const int DirectCharacters = 0x400;

    // Published ones have two to four characters.
    private const int MaxAffix = 32;

    /// <summary>The most units of a character with prefix and suffix.</summary>
    internal const int MaxSpelling = (2 * MaxAffix) + 2;

    private readonly TokenTable _tokens;
    private readonly TokenIndex _index;
    private readonly int[] _direct = new int[DirectCharacters];
    private readonly Dictionary<int, int> _others = [];

    private BpeModel(TokenTable tokens, TokenIndex index, MergeTable merges, Settings settings)
    {
        _tokens = tokens;
        _index = index;
        Merges = merges;
        FusesUnknown = settings.FuseUnknown;
        IgnoresMerges = settings.IgnoreMerges;
        Bytes = settings.ByteFallback ? new ByteFallback(token => index.Find(token)) : null;
        UnknownId = settings.Unknown is null ? -1 : index.Find(settings.Unknown);
        Unknown = settings.Unknown;
        Prefix = settings.Prefix;
        Suffix = settings.Suffix;
        MapCharacters();
        // Where a character can vanish or has another spelling at the ends, the parts would not add up.
        if (Unknown is not null && !IgnoresMerges && Prefix.Length + Suffix.Length == 0 && CharacterId(new Rune('▁'), isFirst: false, isLast: false) >= 0)
        {
            Borders = PieceBorders.Find(merges, tokens, new HashSet<int>(Bytes?.Ids ?? []) { UnknownId });
        }
    }

    public int VocabularySize => _tokens.Count;

    public int TokenCount => _tokens.Tokens;

    internal MergeTable Merges { get; }

    /// <summary>−1: unknown characters vanish, as in the reference; a byte-level vocabulary has none.</summary>
    internal int UnknownId { get; }

    /// <summary>Name of the unknown token. A vocabulary that lacks it can be used until a character is unknown, as in the reference.</summary>
    internal string? Unknown { get; }

    /// <summary>Stands before every character of a piece but the first, in the vocabulary's spelling.</summary>
    internal string Prefix { get; }

    /// <summary>Stands behind the last character of a piece, in the vocabulary's spelling.</summary>
    internal string Suffix { get; }

    internal bool FusesUnknown { get; }

    internal bool IgnoresMerges { get; }

    internal ByteFallback? Bytes { get; }

    /// <summary>Where a piece can be divided; null: nowhere.</summary>
    internal PieceBorders? Borders { get; }

    public static ITokenModel Read(ref Utf8JsonReader reader)
    {
        var settings = new Settings();
        TokenTable? tokens = null;
        Utf8JsonReader merges = default;
        var seenMerges = false;
        while (ModelJson.NextProperty(ref reader) is { } name)
        {
            switch (name)
            {
                case "vocab":
                    tokens = VocabularyReader.Read(ref reader);
                    break;
                case "merges":
                    ModelJson.Expect(ref reader, JsonTokenType.StartArray, name);
                    merges = reader; // read after vocab, wherever it stands
                    seenMerges = true;
                    reader.Skip();
                    break;
                default:
                    settings.Read(ref reader, name);
                    break;
            }
        }

        if (tokens is null || !seenMerges)
        {
            throw ModelJson.Wrong("vocab and merges", "there");
        }

        var index = new TokenIndex(tokens);
        return new BpeModel(tokens, index, MergeReader.Read(ref merges, index, Encoding.UTF8.GetByteCount(settings.Prefix)), settings);
    }

    public int Id(ReadOnlySpan<char> token) => _index.Find(token);

    public string? Token(int id) => _tokens.Text(id);

    public ITokenWorker CreateWorker() => new BpeWorker(this);

    /// <summary>Id of a character in its place, or −1.</summary>
    internal int CharacterId(Rune character, bool isFirst, bool isLast)
    {
        if ((!isFirst && Prefix.Length > 0) || (isLast && Suffix.Length > 0))
        {
            return Id(Spelling(character, isFirst, isLast, stackalloc char[MaxSpelling]));
        }

        var value = character.Value;
        return value < DirectCharacters ? _direct[value] : _others.GetValueOrDefault(value, -1);
    }

    /// <summary>A character as the vocabulary spells it in its place.</summary>
    internal ReadOnlySpan<char> Spelling(Rune character, bool isFirst, bool isLast, Span<char> units)
    {
        var prefix = isFirst ? "" : Prefix;
        var suffix = isLast ? Suffix : "";
        prefix.CopyTo(units);
        var length = prefix.Length + character.EncodeToUtf16(units[prefix.Length..]);
        suffix.CopyTo(units[length..]);
        return units[..(length + suffix.Length)];
    }

    private void MapCharacters()
    {
        Array.Fill(_direct, -1);
        for (var id = 0; id < _tokens.Count; id++)
        {
            if (!_tokens.Contains(id) || Rune.DecodeFromUtf8(_tokens.Utf8(id), out var character, out var length) != System.Buffers.OperationStatus.Done
                || length != _tokens.Utf8(id).Length)
            {
                continue;
            }

            if (character.Value < DirectCharacters)
            {
                _direct[character.Value] = id;
            }
            else
            {
                _others[character.Value] = id;
            }
        }
    }

    /// <summary>The scalar settings of the model.</summary>
    private sealed class Settings
    {
        public string? Unknown { get; private set; }

        public string Prefix { get; private set; } = "";

        public string Suffix { get; private set; } = "";

        public bool FuseUnknown { get; private set; }

        public bool ByteFallback { get; private set; }

        public bool IgnoreMerges { get; private set; }

        public void Read(ref Utf8JsonReader reader, string name)
        {
            switch (name)
            {
                case "unk_token":
                    Unknown = ModelJson.OptionalText(ref reader, name);
                    break;
                case "fuse_unk":
                    FuseUnknown = ModelJson.Flag(ref reader, name);
                    break;
                case "byte_fallback":
                    ByteFallback = ModelJson.Flag(ref reader, name);
                    break;
                case "ignore_merges":
                    IgnoreMerges = ModelJson.Flag(ref reader, name);
                    break;
                case "continuing_subword_prefix":
                    Prefix = Affix(ref reader, name);
                    break;
                case "end_of_word_suffix":
                    Suffix = Affix(ref reader, name);
                    break;
                case "dropout" when reader.TokenType != JsonTokenType.Null && !(reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var dropout) && dropout == 0):
                    throw new TokenizerFormatException("tokenizer.json: model BPE: dropout is not supported: it would make tokens random.");
                default:
                    reader.Skip();
                    break;
            }
        }

        private static string Affix(ref Utf8JsonReader reader, string name) =>
            ModelJson.OptionalText(ref reader, name) is not { } text ? "" : text.Length <= MaxAffix ? text : throw ModelJson.Wrong(name, $"at most {MaxAffix} characters");
    }
}
