using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>
/// SentencePiece's compiled normalisation table: u32 size of a Darts double-array trie in bytes, the trie as u32 units, then
/// NUL-terminated UTF-8 replacements that its leaves point into. Foreign bytes: every step is checked against the array.
/// </summary>
internal sealed class CharsMap
{
    // The longest in SentencePiece's own tables has 33 bytes (U+FDFA); bounds how far a file can make text grow.
    private const int MaxReplacement = 512;

    private readonly uint[] _trie;
    private readonly byte[] _replacements;

    // One bit for each BMP character that has no replacement by itself and is at most 3 bytes: most text is decided here.
    private readonly ulong[] _untouched = new ulong[0x10000 / 64];

    private CharsMap(uint[] trie, byte[] replacements)
    {
        _trie = trie;
        _replacements = replacements;
        Span<byte> utf8 = stackalloc byte[4];
        for (var unit = 0; unit < 0x10000; unit++)
        {
            if (Rune.TryCreate(unit, out var rune) && Find(utf8[..rune.EncodeToUtf8(utf8)]) < 0)
            {
                _untouched[unit >> 6] |= 1UL << unit;
            }
        }
    }

    /// <exception cref="TokenizerFormatException">Not such a table.</exception>
    public static CharsMap Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var size && (size is 0 || size % 4 != 0 || size > bytes.Length - 4))
        {
            throw new TokenizerFormatException("tokenizer.json: precompiled_charsmap is damaged: the trie does not fit.");
        }

        var trie = new uint[size / 4];
        for (var i = 0; i < trie.Length; i++)
        {
            trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 + (i * 4))..]);
        }

        var replacements = bytes[(int)(4 + size)..];
        if (!Utf8.IsValid(replacements))
        {
            throw new TokenizerFormatException("tokenizer.json: precompiled_charsmap is damaged: the replacements are not UTF-8.");
        }

        foreach (var range in replacements.Split((byte)0))
        {
            if (range.End.Value - range.Start.Value > MaxReplacement)
            {
                throw new TokenizerFormatException("tokenizer.json: precompiled_charsmap is damaged: a replacement does not end.");
            }
        }

        return new CharsMap(trie, replacements.ToArray());
    }

    public bool IsUntouched(char unit) => (_untouched[unit >> 6] & (1UL << unit)) != 0;

    /// <summary>Replacement of the SHORTEST beginning of <paramref name="utf8"/> that has one, as the reference does; false if none has.</summary>
    public bool TryReplace(scoped ReadOnlySpan<byte> utf8, out ReadOnlySpan<byte> replacement)
    {
        var start = Find(utf8);
        if (start < 0)
        {
            replacement = default;
            return false;
        }

        replacement = _replacements.AsSpan(start);
        var end = replacement.IndexOf((byte)0);
        replacement = end < 0 ? replacement : replacement[..end];
        return true;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Find(scoped ReadOnlySpan<byte> utf8)
    {
        var node = Offset(_trie[0]);
        foreach (var b in utf8)
        {
            node ^= b;
            if (b == 0 || node >= _trie.Length)
            {
                return -1;
            }

            var unit = _trie[node];
            if ((unit & ((1u << 31) | 0xFF)) != b)
            {
                return -1;
            }

            node ^= Offset(unit);
            if (((unit >> 8) & 1) != 0)
            {
                var value = node < _trie.Length ? _trie[node] & int.MaxValue : uint.MaxValue;
                return value < _replacements.Length ? (int)value : -1;
            }
        }

        return -1;
    }
}
