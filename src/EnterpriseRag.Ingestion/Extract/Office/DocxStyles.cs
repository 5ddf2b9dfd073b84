using System.Text.RegularExpressions;
using DocumentFormat.OpenXml.Wordprocessing;

namespace EnterpriseRag.Ingestion.Extract.Office;

/// <summary>What styles say about headings and numbering, inheritance resolved. Names may be German: ids and outline levels come first.</summary>
internal sealed partial class DocxStyles
{
    private const int MaxInheritance = 20;
    private readonly Dictionary<string, Style> _styles = new(StringComparer.Ordinal);
    private readonly string? _defaultParagraph;

    public DocxStyles(Styles? part)
    {
        foreach (var style in part?.Elements<Style>() ?? [])
        {
            if (style.StyleId?.Value is { } id)
            {
                _styles.TryAdd(id, style);
                if (style.Type?.InnerText is "paragraph" && style.Default?.InnerText is "1" or "true")
                {
                    _defaultParagraph ??= id;
                }
            }
        }
    }

    /// <summary>1 to 9, or 0 when the paragraph is no heading by style or outline level.</summary>
    public int HeadingLevel(ParagraphProperties? properties)
    {
        if (Outline(properties?.OutlineLevel) is { } own)
        {
            return own;
        }

        foreach (var style in Chain(properties?.ParagraphStyleId?.Val?.Value ?? _defaultParagraph))
        {
            if (Outline(style.StyleParagraphProperties?.OutlineLevel) is { } level)
            {
                return level;
            }

            if (HeadingName().Match(style.StyleId?.Value ?? "") is { Success: true } byId)
            {
                return byId.Groups[1].Value[0] - '0';
            }

            if (HeadingName().Match(style.StyleName?.Val?.Value ?? "") is { Success: true } byName)
            {
                return byName.Groups[1].Value[0] - '0';
            }

            if ((style.StyleId?.Value ?? "") is "Title" or "Titel")
            {
                return 1;
            }
        }

        return 0;
    }

    /// <summary>List and level from the paragraph or its style; number 0 means "none".</summary>
    public (int NumberId, int Level)? Numbering(ParagraphProperties? properties)
    {
        int? number = properties?.NumberingProperties?.NumberingId?.Val?.Value;
        int? level = properties?.NumberingProperties?.NumberingLevelReference?.Val?.Value;
        foreach (var style in Chain(properties?.ParagraphStyleId?.Val?.Value ?? _defaultParagraph))
        {
            var inherited = style.StyleParagraphProperties?.NumberingProperties;
            number ??= inherited?.NumberingId?.Val?.Value;
            level ??= inherited?.NumberingLevelReference?.Val?.Value;
        }

        return number is > 0 ? (number.Value, Math.Clamp(level ?? 0, 0, 8)) : null;
    }

    public bool IsBold(ParagraphProperties? properties) =>
        Chain(properties?.ParagraphStyleId?.Val?.Value).Any(s => s.StyleRunProperties?.Bold is { } bold && bold.Val?.InnerText is null or "1" or "true" or "on");

    /// <summary>The list a numbering style stands for (<c>numStyleLink</c>).</summary>
    public int? NumberOf(string styleId) =>
        _styles.TryGetValue(styleId, out var style) ? style.StyleParagraphProperties?.NumberingProperties?.NumberingId?.Val?.Value : null;

    private IEnumerable<Style> Chain(string? id)
    {
        for (var i = 0; i < MaxInheritance && id is not null && _styles.TryGetValue(id, out var style); i++)
        {
            yield return style;
            id = style.BasedOn?.Val?.Value;
        }
    }

    private static int? Outline(OutlineLevel? level) => level?.Val?.Value is >= 0 and <= 8 and var value ? value + 1 : null;

    [GeneratedRegex(@"^(?:heading|berschrift|überschrift|titre|titolo)\s?([1-9])$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HeadingName();
}
