using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace EnterpriseRag.Portal.Localisation;

/// <summary>
/// The portal's fixed words in German and English, from <c>Resources/*.json</c>. A key that is missing throws, so that no page shows a key
/// instead of a word. Immutable; safe for concurrent readers.
/// </summary>
internal sealed class Words
{
    public static readonly IReadOnlyList<string> Languages = ["en", "de"];

    /// <summary>Keys with this prefix go to the page's scripts.</summary>
    private const string ScriptPrefix = "js.";

    private static readonly FrozenDictionary<string, Words> s_byLanguage = Languages.ToFrozenDictionary(static l => l, static l => new Words(l), StringComparer.Ordinal);

    private readonly FrozenDictionary<string, string> _texts;

    private Words(string language)
    {
        Language = language;
        using var stream = typeof(Words).Assembly.GetManifestResourceStream($"Resources/{language}.json")
            ?? throw new InvalidOperationException($"Resources/{language}.json is not embedded.");
        _texts = (JsonSerializer.Deserialize<Dictionary<string, string>>(stream) ?? []).ToFrozenDictionary(StringComparer.Ordinal);
        ScriptJson = JsonSerializer.Serialize(_texts.Where(static t => t.Key.StartsWith(ScriptPrefix, StringComparison.Ordinal))
            .OrderBy(static t => t.Key, StringComparer.Ordinal).ToDictionary(static t => t.Key[ScriptPrefix.Length..], static t => t.Value, StringComparer.Ordinal));
    }

    public string Language { get; }

    /// <summary>JSON object of the script words; the serialiser's default escaping leaves no character that could end a script element.</summary>
    public string ScriptJson { get; }

    public IEnumerable<string> Keys => _texts.Keys;

    public string this[string key] => _texts.TryGetValue(key, out var text) ? text : throw new KeyNotFoundException($"There is no word '{key}' in {Language}.");

    public string this[string key, params object[] values] => string.Format(CultureInfo.CurrentCulture, this[key], values);

    /// <summary>The word, or <paramref name="fallback"/> where the key comes from outside (codes of other modules).</summary>
    public string Or(string key, string fallback) => _texts.GetValueOrDefault(key, fallback);

    /// <summary>Words of the request's language, chosen by the localisation middleware.</summary>
    public static Words Current => For(CultureInfo.CurrentUICulture);

    public static Words For(CultureInfo culture) => s_byLanguage.GetValueOrDefault(culture.TwoLetterISOLanguageName) ?? s_byLanguage["en"];
}
