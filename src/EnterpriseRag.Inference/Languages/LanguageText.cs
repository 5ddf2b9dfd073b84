using System.Buffers;
using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Languages;

/// <summary>
/// The bytes that the model was trained on: text in capitals only is lowered, then NFC, then UTF-8. Rented memory: dispose.
/// </summary>
internal ref struct LanguageText
{
    private byte[]? _rented;

    public ReadOnlySpan<byte> Utf8 { get; private set; }

    public static LanguageText Prepare(ReadOnlySpan<char> text)
    {
        // Lowering makes two units of one at most (U+0130); NFC makes three of one at most (U+FB2C; UAX #15, expansion factors).
        var first = ArrayPool<char>.Shared.Rent(text.Length * 2);
        var second = ArrayPool<char>.Shared.Rent(text.Length * 6);
        try
        {
            var units = first.AsSpan(0, IsCapitals(text) ? Lower(text, first) : CopyWellFormed(text, first));
            if (!Ascii.IsValid(units) && !units.IsNormalized(NormalizationForm.FormC))
            {
                units = units.TryNormalize(second, out var written, NormalizationForm.FormC)
                    ? second.AsSpan(0, written)
                    : throw new InvalidOperationException("NFC grew beyond its published bound.");
            }

            var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(units.Length));
            return new LanguageText { _rented = rented, Utf8 = rented.AsSpan(0, Encoding.UTF8.GetBytes(units, rented)) };
        }
        finally
        {
            ArrayPool<char>.Shared.Return(first);
            ArrayPool<char>.Shared.Return(second);
        }
    }

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }

    /// <summary>At least one cased letter and no lower-case one.</summary>
    private static bool IsCapitals(ReadOnlySpan<char> text)
    {
        var capitals = false;
        foreach (var rune in text.EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.LowercaseLetter:
                    return false;
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter:
                    capitals = true;
                    break;
            }
        }

        return capitals;
    }

    /// <summary>Copies; lone surrogates, which normalisation refuses, become U+FFFD.</summary>
    private static int CopyWellFormed(ReadOnlySpan<char> text, Span<char> to)
    {
        text.CopyTo(to);
        if (text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            var written = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                written += rune.EncodeToUtf16(to[written..]);
            }
        }

        return text.Length;
    }

    /// <summary>Full lower case as Unicode defines it where it differs from .NET's: dotted capital I, and sigma at the end of a word.</summary>
    private static int Lower(ReadOnlySpan<char> text, Span<char> to)
    {
        var written = 0;
        var wordLength = 0; // letters before the present character
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Rune.IsLetter(rune))
            {
                EndWord(to[..written], wordLength);
            }

            wordLength = Rune.IsLetter(rune) ? wordLength + 1 : 0;
            if (rune.Value == 'İ')
            {
                "i\u0307".CopyTo(to[written..]);
                written += 2;
            }
            else
            {
                written += Rune.ToLowerInvariant(rune).EncodeToUtf16(to[written..]);
            }
        }

        EndWord(to[..written], wordLength);
        return written;
    }

    private static void EndWord(Span<char> written, int wordLength)
    {
        if (wordLength > 1 && written[^1] == 'σ')
        {
            written[^1] = 'ς';
        }
    }
}
