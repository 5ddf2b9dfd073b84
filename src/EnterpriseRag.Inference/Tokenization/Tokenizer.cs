using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Tokenization.Decoders;
using EnterpriseRag.Inference.Tokenization.PostProcessors;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>
/// Text to token ids and back, as Hugging Face's tokenizers does it with the same tokenizer.json. Thread-safe; each thread that
/// encodes at the same time costs about 1 MB of working memory, kept for the next call.
/// </summary>
internal sealed class Tokenizer
{
    // Larger than any published file (34 MB); more is not a tokenizer.
    private const int MaxFileBytes = 256 << 20;

    private readonly TokenizerFile _file;
    private readonly AddedTokenMatcher _plainAdded;
    private readonly AddedTokenMatcher _normalizedAdded;
    private readonly FrozenDictionary<string, int> _addedIds;
    private readonly FrozenDictionary<int, AddedToken> _addedById;
    private readonly bool _needsSource; // whether spans must be kept also where the caller wants ids only
    private readonly ConcurrentBag<TokenizerWorker> _idle = [];

    private Tokenizer(TokenizerFile file)
    {
        UnicodeSupport.Require();
        _file = file;
        var added = AddedVocabulary.Resolve(file.AddedTokens, file.Model);
        _addedIds = added.ById.ToFrozenDictionary(pair => pair.Value.Content, pair => pair.Key, StringComparer.Ordinal);
        _addedById = added.ById.ToFrozenDictionary();
        _plainAdded = new AddedTokenMatcher(added.Patterns.Where(token => !token.Normalized), token => token.Content);
        _normalizedAdded = new AddedTokenMatcher(added.Patterns.Where(token => token.Normalized), token => NormalizedForm(token.Content));
        _needsSource = file.Normalizer is not null && file.PreTokenizer?.NeedsSource == true;
        VocabularySize = Math.Max(file.Model.VocabularySize, added.ById.Keys.Select(id => id + 1).DefaultIfEmpty().Max());
    }

    /// <summary>One more than the highest id. A model may have more rows (padding): those ids have no text.</summary>
    public int VocabularySize { get; }

    /// <summary>Tokens of the model proper, without the added ones.</summary>
    public int ModelVocabularySize => _file.Model.VocabularySize;

    /// <summary>Reads a tokenizer.json.</summary>
    /// <exception cref="TokenizerFormatException">Broken, or with a component that is not known; the message names it.</exception>
    /// <exception cref="IOException">Not readable.</exception>
    /// <exception cref="PlatformNotSupportedException">The process has no ICU.</exception>
    public static Tokenizer Load(string path)
    {
        if (new FileInfo(path).Length > MaxFileBytes)
        {
            throw new TokenizerFormatException($"tokenizer.json is larger than {MaxFileBytes >> 20} MB.");
        }

        return Parse(File.ReadAllBytes(path));
    }

    /// <inheritdoc cref="Load"/>
    public static Tokenizer Parse(ReadOnlySpan<byte> utf8) => new(TokenizerFile.Parse(utf8));

    /// <summary>Ids and source spans of a text.</summary>
    public TokenEncoding Encode(ReadOnlySpan<char> text, EncodeOptions options = default)
    {
        var worker = Rent();
        Encode(text, SpecialTokenScope.Of(options), options.AddSpecialTokens, tracksSource: true, worker);
        var tokens = worker.Tokens;
        var offsets = new TextSpan[tokens.Count];
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = new TextSpan(tokens.Starts[i], tokens.Ends[i]);
        }

        var encoding = new TokenEncoding(tokens.Ids.ToArray(), offsets);
        Return(worker);
        return encoding;
    }

    /// <summary>Appends the ids of a text to a list, without spans: the way for embedding and prompts. Allocates nothing once warm.</summary>
    /// <returns>The number of ids appended.</returns>
    public int Encode(ReadOnlySpan<char> text, EncodeOptions options, List<int> ids)
    {
        var worker = Rent();
        Encode(text, SpecialTokenScope.Of(options), options.AddSpecialTokens, tracksSource: false, worker);
        var count = Append(worker.Tokens.Ids, ids);
        Return(worker);
        return count;
    }

    /// <summary>
    /// Appends the ids of a rendered chat prompt. Special tokens are recognised in what the template wrote and nowhere else; words are formed across
    /// the border of template and content, so without special tokens in the content the ids are those of the joined text. No template is added.
    /// </summary>
    /// <returns>The number of ids appended.</returns>
    public int EncodePrompt(IReadOnlyList<PromptSegment> segments, List<int> ids)
    {
        var text = string.Concat(segments.Select(segment => segment.Text));
        var literals = CollectionsMarshal.AsSpan(LiteralSpans(segments));
        var worker = Rent();
        Encode(text, SpecialTokenScope.Within(literals), addSpecialTokens: false, tracksSource: false, worker);
        var count = Append(worker.Tokens.Ids, ids);
        Return(worker);
        return count;
    }

    /// <summary>Number of tokens of a text; by default without the template's, special tokens being plain text.</summary>
    public int CountTokens(ReadOnlySpan<char> text, EncodeOptions options = default)
    {
        var worker = Rent();
        Encode(text, SpecialTokenScope.Of(options), options.AddSpecialTokens, tracksSource: false, worker);
        var count = worker.Tokens.Count;
        Return(worker);
        return count;
    }

    /// <summary>The text of ids; ids without a token are passed over.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var stream = new TokenStreamDecoder(this, skipSpecialTokens);
        foreach (var id in ids)
        {
            stream.Take(id);
        }

        return stream.Finish();
    }

    /// <summary>Id of a token's exact text (an added token first), or null.</summary>
    public int? TokenId(string token) =>
        _addedIds.TryGetValue(token, out var added) ? added : _file.Model.Id(token) is >= 0 and var id ? id : null;

    /// <summary>A token as the file writes it, for byte-level vocabularies in their alphabet; null if the id is not used.</summary>
    public string? Token(int id) => _addedById.TryGetValue(id, out var added) ? added.Content : _file.Model.Token(id);

    /// <summary>Whether the id is a special (control) token.</summary>
    public bool IsSpecial(int id) => _addedById.TryGetValue(id, out var added) && added.Special;

    /// <summary>Starts the decoders of a text.</summary>
    internal DecoderStage StartDecoding(out TextSink sink)
    {
        sink = new TextSink(joinBySpace: _file.Decoder is null);
        return _file.Decoder?.Start(sink) ?? sink;
    }

    private static List<TextSpan> LiteralSpans(IReadOnlyList<PromptSegment> segments)
    {
        List<TextSpan> literals = [];
        var start = 0;
        foreach (var segment in segments)
        {
            var end = start + segment.Text.Length;
            if (!segment.IsContent && literals.Count > 0 && literals[^1].End == start)
            {
                literals[^1] = literals[^1] with { End = end };
            }
            else if (!segment.IsContent && end > start)
            {
                literals.Add(new TextSpan(start, end));
            }

            start = end;
        }

        return literals;
    }

    private static int Append(ReadOnlySpan<int> made, List<int> ids)
    {
        CollectionsMarshal.SetCount(ids, ids.Count + made.Length);
        made.CopyTo(CollectionsMarshal.AsSpan(ids)[^made.Length..]);
        return made.Length;
    }

    private void Encode(ReadOnlySpan<char> text, SpecialTokenScope specialTokens, bool addSpecialTokens, bool tracksSource, TokenizerWorker worker)
    {
        worker.Tokens.Clear();
        tracksSource |= _needsSource;
        var done = 0;
        if (!_plainAdded.IsIdle(specialTokens))
        {
            var from = 0;
            while (_plainAdded.TryFind(text, ref from, done, specialTokens, normalized: null, out var match))
            {
                EncodeSegment(text[done..Math.Max(done, match.Start)], done, specialTokens, tracksSource, worker);
                if (match.Start < match.End)
                {
                    AddAdded(worker, match.Id, text[match.Start..match.End], new TextSpan(match.Start, match.End), tracksSource);
                }

                done = match.End;
            }
        }

        EncodeSegment(text[done..], done, specialTokens, tracksSource, worker);
        _file.PostProcessor?.Process(worker.Tokens, _file.Model, text, addSpecialTokens);
    }

    /// <summary>Encodes text between added tokens: normalises it and sets the added tokens of the normalised text apart.</summary>
    private void EncodeSegment(ReadOnlySpan<char> segment, int origin, SpecialTokenScope specialTokens, bool tracksSource, TokenizerWorker worker)
    {
        if (segment.IsEmpty)
        {
            return;
        }

        if (_normalizedAdded.IsIdle(specialTokens))
        {
            worker.Pieces.Text.Reset(segment, origin, tracksSource);
            _file.Normalizer?.Normalize(worker.Pieces.Text);
            EncodePieces(isFirst: origin == 0, worker);
            return;
        }

        var normalized = worker.Normalized;
        normalized.Reset(segment, origin, tracksSource || specialTokens.NeedsSource);
        _file.Normalizer?.Normalize(normalized);
        var done = 0;
        var from = 0;
        while (_normalizedAdded.TryFind(normalized.Text, ref from, done, specialTokens, normalized, out var match))
        {
            worker.Pieces.Text.Reset(normalized, done, Math.Max(0, match.Start - done));
            EncodePieces(isFirst: origin == 0 && done == 0, worker);
            if (match.Start < match.End)
            {
                AddAdded(worker, match.Id, normalized.Text[match.Start..match.End], normalized.Source(match.Start, match.End), normalized.TracksSource);
            }

            done = match.End;
        }

        worker.Pieces.Text.Reset(normalized, done, normalized.Length - done);
        EncodePieces(isFirst: origin == 0 && done == 0, worker);
    }

    private static void AddAdded(TokenizerWorker worker, int id, ReadOnlySpan<char> text, TextSpan source, bool tracksSource)
    {
        if (tracksSource)
        {
            var (leading, trailing) = OffsetTrimming.CountSpaces(text);
            worker.Tokens.AddedTokens.Add((worker.Tokens.Count, leading, trailing));
        }

        worker.Tokens.Add(id, source);
    }

    private void EncodePieces(bool isFirst, TokenizerWorker worker)
    {
        worker.Pieces.Reset(isFirst);
        _file.PreTokenizer?.Divide(worker.Pieces);
        worker.TokenizePieces();
    }

    private string NormalizedForm(string content)
    {
        var text = new NormalizedText();
        text.Reset(content, 0, tracksSource: false);
        _file.Normalizer?.Normalize(text);
        return text.Text.ToString();
    }

    private TokenizerWorker Rent() => _idle.TryTake(out var worker) ? worker : new TokenizerWorker(_file.Model);

    // Not returned after an exception: a half-used worker is not worth the doubt.
    private void Return(TokenizerWorker worker)
    {
        if (worker.IsWorthKeeping)
        {
            _idle.Add(worker);
        }
    }
}
