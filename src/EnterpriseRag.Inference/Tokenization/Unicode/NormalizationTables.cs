using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Unicode;

/// <summary>
/// Decompositions, compositions and combining classes of the Unicode version that the reference carries (9). Decompositions come from .NET, which
/// may not change them for characters once assigned; those of later characters are left out. Built at first use, about 1 MB.
/// </summary>
internal sealed class NormalizationTables
{
    private const char Separator = '\u0001'; // a starter that never composes
    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int VowelCount = 21;
    private const int TrailCount = 28;

    private static readonly Lazy<NormalizationTables> s_shared = new(static () => new NormalizationTables());

    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, string> _canonical = [];
    private readonly Dictionary<int, string> _compatible = [];
    private readonly Dictionary<long, int> _compositions = [];

    // One bit for each BMP character that is a starter, stays as it is and takes no part in a composition as its second character.
    private readonly ulong[] _inertComposed = new ulong[0x10000 / 64];
    private readonly ulong[] _inertCompatible = new ulong[0x10000 / 64];
    private readonly ulong[] _inertDecomposed = new ulong[0x10000 / 64];
    private readonly ulong[] _inertCompatibleDecomposed = new ulong[0x10000 / 64];

    private NormalizationTables()
    {
        foreach (var entry in ReferenceTables.CombiningClasses.Split(';', StringSplitOptions.TrimEntries))
        {
            var colon = entry.IndexOf(':', StringComparison.Ordinal);
            var value = byte.Parse(entry.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture);
            foreach (var (first, last) in CodePointSet.Ranges(entry[(colon + 1)..]))
            {
                for (var code = first; code <= last; code++)
                {
                    _classes[code] = value;
                }
            }
        }

        var later = CodePointSet.Parse(ReferenceTables.DecomposedLater);
        Decompose(NormalizationForm.FormD, later, _canonical);
        Decompose(NormalizationForm.FormKD, later, _compatible);
        Compose();
        MarkInert();
    }

    public static NormalizationTables Shared => s_shared.Value;

    /// <summary>Canonical combining class; 0 for a starter.</summary>
    public byte CombiningClass(Rune rune) => rune.Value < 0x300 ? (byte)0 : _classes.GetValueOrDefault(rune.Value);

    /// <summary>Full decomposition, or null for a character that has none. Hangul syllables: <see cref="TryDecomposeHangul"/>.</summary>
    public string? Decomposition(Rune rune, bool compatible) => (compatible ? _compatible : _canonical).GetValueOrDefault(rune.Value);

    /// <summary>Bits of the characters that a form leaves alone whatever stands around them (for composing forms: unless a mark follows).</summary>
    public ReadOnlySpan<ulong> Inert(bool compatible, bool composes) => (compatible, composes) switch
    {
        (false, false) => _inertDecomposed,
        (false, true) => _inertComposed,
        (true, false) => _inertCompatibleDecomposed,
        (true, true) => _inertCompatible,
    };

    public static bool TryDecomposeHangul(Rune rune, Span<Rune> parts, out int count)
    {
        var index = rune.Value - HangulBase;
        count = 0;
        if ((uint)index >= HangulCount)
        {
            return false;
        }

        parts[count++] = new Rune(LeadBase + (index / (VowelCount * TrailCount)));
        parts[count++] = new Rune(VowelBase + (index % (VowelCount * TrailCount) / TrailCount));
        if (index % TrailCount != 0)
        {
            parts[count++] = new Rune(TrailBase + (index % TrailCount));
        }

        return true;
    }

    public bool TryCompose(Rune first, Rune second, out Rune composed)
    {
        var (lead, vowel, trail) = (first.Value - LeadBase, second.Value - VowelBase, second.Value - TrailBase);
        if ((uint)lead < 19 && (uint)vowel < VowelCount)
        {
            composed = new Rune(HangulBase + (((lead * VowelCount) + vowel) * TrailCount));
            return true;
        }

        var syllable = first.Value - HangulBase;
        if ((uint)syllable < HangulCount && syllable % TrailCount == 0 && trail is > 0 and < TrailCount)
        {
            composed = new Rune(first.Value + trail);
            return true;
        }

        var found = _compositions.TryGetValue(Pair(first.Value, second.Value), out var value);
        composed = found ? new Rune(value) : default;
        return found;
    }

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    /// <summary>One call of ICU for all characters of a form: 140,000 single calls would cost a noticeable part of a start.</summary>
    private static void Decompose(NormalizationForm form, CodePointSet later, Dictionary<int, string> decompositions)
    {
        List<int> codes = [];
        var all = new StringBuilder();
        foreach (var (first, last) in (ReadOnlySpan<(int, int)>)[(0xA0, HangulBase - 1), (0xF900, 0xFFFD), (0x10000, 0x1FFFF), (0x2F800, 0x2FA1F)])
        {
            for (var code = first; code <= last; code++)
            {
                if (Rune.TryCreate(code, out var rune) && !later.Contains(rune))
                {
                    codes.Add(code);
                    all.Append(rune.ToString()).Append(Separator);
                }
            }
        }

        var source = all.ToString();
        var parts = source.Normalize(form).Split(Separator);
        for (var i = 0; i < codes.Count; i++)
        {
            if (!string.Equals(parts[i], char.ConvertFromUtf32(codes[i]), StringComparison.Ordinal))
            {
                decompositions[codes[i]] = parts[i];
            }
        }
    }

    /// <summary>Primary composites: those that normalisation form C leaves alone. The last character of the full decomposition is the second of the pair.</summary>
    private void Compose()
    {
        foreach (var (code, decomposition) in _canonical)
        {
            var whole = char.ConvertFromUtf32(code);
            if (!string.Equals(whole.Normalize(NormalizationForm.FormC), whole, StringComparison.Ordinal))
            {
                continue;
            }

            Rune.DecodeLastFromUtf16(decomposition, out var second, out var length);
            var first = decomposition[..^length].Normalize(NormalizationForm.FormC);
            Rune.DecodeFromUtf16(first, out var firstRune, out var firstLength);
            if (firstLength == first.Length)
            {
                _compositions[Pair(firstRune.Value, second.Value)] = code;
            }
        }
    }

    private void MarkInert()
    {
        HashSet<int> seconds = [.. _compositions.Keys.Select(pair => (int)pair)];
        for (var code = 0; code < 0x10000; code++)
        {
            if (char.IsSurrogate((char)code) || _classes.ContainsKey(code))
            {
                continue;
            }

            var bit = 1UL << code;
            var hangul = code is >= HangulBase and < HangulBase + HangulCount;
            var canonical = !hangul && !_canonical.ContainsKey(code);
            var compatible = !hangul && !_compatible.ContainsKey(code);
            // Composed characters stay in the composing forms if they are primary composites: left to the slow way unless they are Latin.
            var joins = seconds.Contains(code) || code is >= VowelBase and < VowelBase + VowelCount or > TrailBase and < TrailBase + TrailCount;
            var stays = hangul || canonical || IsComposite(code);
            _inertDecomposed[code >> 6] |= canonical ? bit : 0;
            _inertCompatibleDecomposed[code >> 6] |= compatible ? bit : 0;
            _inertComposed[code >> 6] |= stays && !joins ? bit : 0;
            _inertCompatible[code >> 6] |= stays && !joins && (compatible || hangul || string.Equals(_compatible[code], _canonical.GetValueOrDefault(code), StringComparison.Ordinal)) ? bit : 0;
        }
    }

    private bool IsComposite(int code)
    {
        var whole = ((char)code).ToString();
        return _canonical.ContainsKey(code) && whole.IsNormalized(NormalizationForm.FormC);
    }
}
