using System.Globalization;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, which spell characters that a vocabulary lacks.</summary>
internal sealed class ByteFallback
{
    private readonly int[] _ids = new int[256];

    /// <param name="find">Id of a token, or −1.</param>
    public ByteFallback(Func<string, int> find)
    {
        for (var value = 0; value < _ids.Length; value++)
        {
            _ids[value] = find(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"));
        }
    }

    /// <summary>The ids by byte; −1 where there is none.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>Adds the byte tokens of a text, all with the span given; false, and nothing added, if one of them is not in the vocabulary.</summary>
    public bool TryAdd(ReadOnlySpan<char> text, int start, int end, TokenBuffer tokens)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (_ids[value] < 0)
                {
                    return false;
                }
            }
        }

        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                tokens.Add(_ids[value], start, end);
            }
        }

        return true;
    }
}
