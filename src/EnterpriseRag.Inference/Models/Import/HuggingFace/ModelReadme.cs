using System.Text;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>Licence and languages from the block between two lines of '---' at the head of a published README.md. Only these two keys; anything else in it is passed over.</summary>
internal sealed record ModelReadme(string? Licence, IReadOnlyList<string>? Languages)
{
    private const int MaxLines = 200;

    public static ModelReadme Of(HuggingFaceFolder folder) => folder.ReadOrNull("README.md") is { } bytes ? Parse(Encoding.UTF8.GetString(bytes)) : new ModelReadme(null, null);

    public static ModelReadme Parse(string text)
    {
        using var lines = new StringReader(text);
        if (lines.ReadLine()?.TrimEnd() is not "---")
        {
            return new ModelReadme(null, null);
        }

        string? licence = null, key = null;
        var languages = new List<string>();
        for (var read = 0; read < MaxLines && lines.ReadLine() is { } line && line.TrimEnd() is not "---"; read++)
        {
            var item = line.TrimStart();
            if (item.StartsWith("- ", StringComparison.Ordinal))
            {
                Add(item[2..]);
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && !char.IsWhiteSpace(line[0]))
            {
                key = line[..colon];
                foreach (var value in line[(colon + 1)..].Trim().Trim('[', ']').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    Add(value);
                }
            }
        }

        return new ModelReadme(licence, languages.Count > 0 ? languages : null);

        void Add(string value)
        {
            value = value.Trim().Trim('"', '\'');
            switch (key)
            {
                case "license" when value.Length is > 0 and <= 64:
                    licence ??= value;
                    break;
                case "language" when value.Length == 2 && value.All(char.IsAsciiLetterLower) && !languages.Contains(value, StringComparer.Ordinal):
                    languages.Add(value);
                    break;
            }
        }
    }
}
