using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>GPT-2's alphabet: each byte as one printable character (33–126, 161–172, 174–255 themselves, the other 68 from U+0100 on).</summary>
internal static class ByteAlphabet
{
    /// <summary>The character for a space.</summary>
    public const char Space = 'Ġ';

    private const int Last = 0x143;

    private static readonly char[] s_characters = BuildCharacters();
    private static readonly short[] s_bytes = BuildBytes();

    public static char Character(byte value) => s_characters[value];

    /// <summary>Writes the UTF-8 bytes of a part of a text in this alphabet.</summary>
    public static void Write(NormalizedText text, int start, int end)
    {
        Span<byte> utf8 = stackalloc byte[4];
        Span<char> characters = stackalloc char[4];
        for (var i = start; i < end;)
        {
            var unit = text.Text[i];
            if (char.IsAscii(unit))
            {
                text.Write(Character((byte)unit), i++);
                continue;
            }

            Rune.DecodeFromUtf16(text.Text[i..end], out var rune, out var length);
            var count = rune.EncodeToUtf8(utf8);
            for (var b = 0; b < count; b++)
            {
                characters[b] = Character(utf8[b]);
            }

            text.Write(characters[..count], i);
            i += length;
        }
    }

    /// <summary>Writes the bytes of a token; false if it is not in the alphabet (an added token with a space, for example).</summary>
    public static bool TryGetBytes(ReadOnlySpan<char> token, Span<byte> bytes)
    {
        for (var i = 0; i < token.Length; i++)
        {
            if (token[i] > Last || s_bytes[token[i]] < 0)
            {
                return false;
            }

            bytes[i] = (byte)s_bytes[token[i]];
        }

        return true;
    }

    private static char[] BuildCharacters()
    {
        var characters = new char[256];
        var next = (char)256;
        for (var value = 0; value < 256; value++)
        {
            characters[value] = value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? (char)value : next++;
        }

        return characters;
    }

    private static short[] BuildBytes()
    {
        var bytes = new short[Last + 1];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++)
        {
            bytes[s_characters[value]] = (short)value;
        }

        return bytes;
    }
}
