using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>
/// Rewrites a text grapheme by grapheme with the alignment rule of Hugging Face's <c>NormalizedString::transform</c>, whose
/// offsets are the golden ones: the k-th new character stands for the k-th old one, added characters for the last old
/// one, and what is removed belongs to the character before. Use as a local: it is the state of one rewrite.
/// </summary>
internal ref struct RuneTransform(NormalizedText text)
{
    // Next old unit that no new character stands for yet. Runs behind the scan only where text was removed at the very
    // start: the reference loses that removal, so all later spans shift (kept, to be exact).
    private int _cursor;
    private int _lastLength;
    private bool _lastAdded;

    /// <summary>Keeps old units whose spans are the next ones.</summary>
    public void Keep(scoped ReadOnlySpan<char> units)
    {
        if (!text.TracksSource)
        {
            text.Write(units, -1);
            return;
        }

        foreach (var rune in units.EnumerateRunes())
        {
            WriteRune(rune, added: false);
        }
    }

    /// <summary>
    /// Puts one step of the reference's transformations: 0 stands for the next old character, 1 was added after the one before, −n stands for the next
    /// one and removes n more.
    /// </summary>
    public void Put(Rune rune, int change)
    {
        Span<char> units = stackalloc char[2];
        units = units[..rune.EncodeToUtf16(units)];
        if (!text.TracksSource)
        {
            text.Write(units, -1);
            return;
        }

        var at = Math.Min(change > 0 ? _cursor - 1 : _cursor, text.Length - 1);
        text.Write(units, at);
        if (change <= 0)
        {
            Skip(1 - change);
        }
    }

    /// <summary>Puts <paramref name="with"/> in the place of <paramref name="old"/>.</summary>
    public void Replace(scoped ReadOnlySpan<char> old, scoped ReadOnlySpan<char> with)
    {
        if (!text.TracksSource)
        {
            text.Write(with, -1);
            return;
        }

        var remaining = 0;
        foreach (var _ in old.EnumerateRunes())
        {
            remaining++;
        }

        if (with.IsEmpty)
        {
            RemoveAfterLast(remaining);
            return;
        }

        foreach (var rune in with.EnumerateRunes())
        {
            WriteRune(rune, added: remaining == 0);
            remaining = Math.Max(0, remaining - 1);
        }

        Skip(remaining);
    }

    private void RemoveAfterLast(int runes)
    {
        if (text.Written == 0)
        {
            return;
        }

        if (_lastAdded && runes > 0)
        {
            text.Realign(_lastLength, _cursor);
            _lastAdded = false;
        }

        Skip(runes);
    }

    private void WriteRune(Rune rune, bool added)
    {
        Span<char> units = stackalloc char[2];
        _lastLength = rune.EncodeToUtf16(units);
        _lastAdded = added;
        text.Write(units[.._lastLength], added ? _cursor - 1 : _cursor);
        if (!added)
        {
            Skip(1);
        }
    }

    private void Skip(int runes)
    {
        for (; runes > 0 && _cursor < text.Length; runes--)
        {
            _cursor += char.IsHighSurrogate(text.Text[_cursor]) ? 2 : 1;
        }
    }
}
