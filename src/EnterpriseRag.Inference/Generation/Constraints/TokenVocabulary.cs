using System.Globalization;
using System.Text;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Inference.Tokenization.Decoders;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>
/// The bytes that each token of a vocabulary adds to a text, as a trie in preorder. Special tokens and ids without text are not in it. Immutable, thread-safe;
/// about 8 bytes for each of its nodes.
/// </summary>
internal sealed class TokenVocabulary
{
    private readonly byte[] _labels; // by node, in preorder
    private readonly byte[] _depths; // 1 for a first byte
    private readonly int[] _ends; // the node after the subtree
    private readonly int[] _firstTokens; // into _tokens, one more entry than nodes
    private readonly int[] _tokens;
    private readonly byte[]?[] _bytes; // by id
    private readonly int[] _stopTokens;

    private TokenVocabulary(byte[]?[] bytes, IEnumerable<int> stopTokens)
    {
        (_bytes, Count) = (bytes, bytes.Length);
        _stopTokens = [.. stopTokens.Where(id => (uint)id < (uint)bytes.Length).Distinct()];
        int[] order = [.. Enumerable.Range(0, bytes.Length).Where(id => bytes[id] is { Length: > 0 and <= MaxLength }).Order(Comparer<int>.Create((a, b) => Compare(bytes[a]!, bytes[b]!)))]; // not null: filtered
        List<byte> labels = [];
        List<byte> depths = [];
        List<int> firstTokens = [];
        List<int> tokens = [];
        byte[] before = [];
        foreach (int id in order)
        {
            byte[] own = bytes[id]!; // filtered above
            int common = own.AsSpan().CommonPrefixLength(before);
            for (int depth = common; depth < own.Length; depth++)
            {
                labels.Add(own[depth]);
                depths.Add((byte)(depth + 1));
                firstTokens.Add(tokens.Count);
            }

            tokens.Add(id);
            before = own;
        }

        firstTokens.Add(tokens.Count);
        (_labels, _depths, _firstTokens, _tokens) = ([.. labels], [.. depths], [.. firstTokens], [.. tokens]);
        _ends = Ends(_depths);
        foreach (int id in order)
        {
            Spellable |= bytes[id] is [var only] ? ByteSet.Range(only, only) : default;
        }
    }

    /// <summary>Longer tokens (runs of blanks, mostly) are not used.</summary>
    public const int MaxLength = 128;

    /// <summary>Ids are below it.</summary>
    public int Count { get; }

    /// <summary>Words of a mask.</summary>
    public int Words => TokenMask.Words(Count);

    /// <summary>The bytes that have a token of their own: any text of them can be written from any point.</summary>
    public ByteSet Spellable { get; }

    public ReadOnlySpan<int> StopTokens => _stopTokens;

    /// <param name="tokenizer">Its decoder says what a token adds.</param>
    /// <param name="count">Ids below it may be chosen.</param>
    /// <param name="stopTokens">End an answer; they have no text here.</param>
    public static TokenVocabulary Create(Tokenizer tokenizer, int count, IReadOnlyCollection<int> stopTokens)
    {
        byte[]?[] bytes = new byte[]?[count];
        bool isByteLevel = string.Equals(DecodeAlone(tokenizer, ByteAlphabet.Space.ToString()), " ", StringComparison.Ordinal);
        for (int id = 0; id < count; id++)
        {
            if (!tokenizer.IsSpecial(id) && !stopTokens.Contains(id) && tokenizer.Token(id) is { } token)
            {
                bytes[id] = Bytes(tokenizer, token, isByteLevel);
            }
        }

        return new TokenVocabulary(bytes, stopTokens);
    }

    /// <summary>A vocabulary of given bytes.</summary>
    public static TokenVocabulary Create(byte[]?[] bytes, IEnumerable<int> stopTokens) => new(bytes, stopTokens);

    /// <summary>The bytes of a token; empty for one without text.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => (uint)id < (uint)_bytes.Length ? _bytes[id] : [];

    /// <summary>Sets the bits of all tokens whose bytes the automaton takes from a state on.</summary>
    public void Walk(ByteAutomaton automaton, AutomatonState from, Span<ulong> mask)
    {
        AutomatonState[] path = automaton.Path;
        path[0] = from;
        int node = 0;
        while (node < _labels.Length)
        {
            int depth = _depths[node];
            AutomatonState state = automaton.Next(path[depth - 1], _labels[node]);
            if (state.IsDead)
            {
                node = _ends[node];
                continue;
            }

            path[depth] = state;
            for (int i = _firstTokens[node]; i < _firstTokens[node + 1]; i++)
            {
                mask[_tokens[i] >> 6] |= 1UL << (_tokens[i] & 63);
            }

            node++;
        }
    }

    private static byte[] Bytes(Tokenizer tokenizer, string token, bool isByteLevel)
    {
        if (isByteLevel)
        {
            byte[] bytes = new byte[token.Length];
            return ByteAlphabet.TryGetBytes(token, bytes) ? bytes : Encoding.UTF8.GetBytes(token);
        }

        if (token is ['<', '0', 'x', _, _, '>'] && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) && !string.Equals(DecodeAlone(tokenizer, token), token, StringComparison.Ordinal))
        {
            return [value];
        }

        return Encoding.UTF8.GetBytes(DecodeAlone(tokenizer, token));
    }

    /// <summary>What a token adds inside a text: decoders treat the first token in a way of its own.</summary>
    private static string DecodeAlone(Tokenizer tokenizer, string token)
    {
        DecoderStage stage = tokenizer.StartDecoding(out TextSink text);
        stage.Push("a");
        stage.Push(token);
        stage.Finish();
        return text.Take()[1..];
    }

    private static int Compare(byte[] left, byte[] right) => left.AsSpan().SequenceCompareTo(right);

    private static int[] Ends(byte[] depths)
    {
        int[] ends = new int[depths.Length];
        int[] open = new int[MaxLength + 1]; // by depth: the last node
        int deepest = 0;
        for (int node = 0; node <= depths.Length; node++)
        {
            int depth = node < depths.Length ? depths[node] : 1;
            for (; deepest >= depth; deepest--)
            {
                ends[open[deepest]] = node;
            }

            if (node < depths.Length)
            {
                open[depth] = node;
                deepest = depth;
            }
        }

        return ends;
    }
}
