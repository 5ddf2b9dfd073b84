using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace EnterpriseRag.Inference.Tokenization.Vocabulary;

/// <summary>The texts of all tokens by id as one UTF-8 block: about 10 bytes a token where strings would take 50.</summary>
internal sealed class TokenTable
{
    private readonly byte[] _text;
    private readonly int[] _starts; // by id; −1: the id is not used
    private readonly int[] _lengths;

    private TokenTable(byte[] text, int[] starts, int[] lengths)
    {
        Tokens = starts.Count(start => start >= 0);
        _text = text;
        _starts = starts;
        _lengths = lengths;
    }

    /// <summary>One more than the highest id.</summary>
    public int Count => _starts.Length;

    /// <summary>Number of ids that are used.</summary>
    public int Tokens { get; }

    public bool Contains(int id) => (uint)id < (uint)_starts.Length && _starts[id] >= 0;

    public ReadOnlySpan<byte> Utf8(int id) => _text.AsSpan(_starts[id], _lengths[id]);

    public string? Text(int id) => Contains(id) ? Encoding.UTF8.GetString(Utf8(id)) : null;

    /// <summary>Collects tokens in the order of the file.</summary>
    public sealed class Builder
    {
        // A vocabulary is at most a few hundred thousand tokens; an id far beyond is a hostile file that asks for memory.
        private const int MaxId = 1 << 23;
        private const int MaxUnusedIds = 1 << 16;

        private readonly List<(int Id, int Start, int Length)> _tokens = [];
        private byte[] _text = new byte[1 << 16];
        private int _used;
        private int _maxId = -1;

        /// <summary>Number of tokens added.</summary>
        public int Count => _tokens.Count;

        /// <summary>Adds the JSON string that the reader stands on.</summary>
        public ReadOnlySpan<byte> Add(ref Utf8JsonReader reader, int id)
        {
            if (id is < 0 or >= MaxId)
            {
                throw new TokenizerFormatException($"tokenizer.json: token id {id} is out of range.");
            }

            var start = _used;
            var length = Append(ref reader);
            _tokens.Add((id, start, length));
            _maxId = Math.Max(_maxId, id);
            return _text.AsSpan(start, length);
        }

        /// <summary>Adds a JSON string whose id follows: give it to <see cref="SetLastId"/>.</summary>
        public void Add(ref Utf8JsonReader reader)
        {
            var start = _used;
            _tokens.Add((-1, start, Append(ref reader)));
        }

        public void SetLastId(int id)
        {
            if (id is < 0 or >= MaxId)
            {
                throw new TokenizerFormatException($"tokenizer.json: token id {id} is out of range.");
            }

            _tokens[^1] = _tokens[^1] with { Id = id };
            _maxId = Math.Max(_maxId, id);
        }

        public TokenTable Build()
        {
            if (_maxId > (2 * _tokens.Count) + MaxUnusedIds)
            {
                throw new TokenizerFormatException($"tokenizer.json: {_tokens.Count} tokens have ids up to {_maxId}.");
            }

            var starts = new int[_maxId + 1];
            var lengths = new int[_maxId + 1];
            Array.Fill(starts, -1);
            foreach (var (id, start, length) in _tokens)
            {
                starts[id] = start;
                lengths[id] = length;
            }

            return new TokenTable(_text.AsSpan(0, _used).ToArray(), starts, lengths);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private int Append(ref Utf8JsonReader reader)
        {
            var worst = reader.ValueSpan.Length; // unescaping never lengthens
            if (_text.Length - _used < worst)
            {
                Array.Resize(ref _text, Math.Max(_text.Length * 2, _used + worst));
            }

            var length = reader.CopyString(_text.AsSpan(_used));
            _used += length;
            return length;
        }
    }
}
