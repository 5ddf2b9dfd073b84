using System.Buffers;
using System.Globalization;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>
/// The SHA256SUMS file of a folder, in the form of sha256sum(1): 64 hex digits, two spaces (or space and star), a name relative to the
/// folder with '/' between its parts. Names that leave the folder are refused: the file may come from a stranger.
/// </summary>
internal static class ChecksumList
{
    public const string FileName = "SHA256SUMS";

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    // A folder holds a dozen files; more than this is not a model.
    private const int MaxEntries = 10_000;

    public static IReadOnlyDictionary<string, string> Parse(string text, string origin)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        var lineNumber = 0;
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            lineNumber++;
            if (raw.IsWhiteSpace())
            {
                continue;
            }

            if (raw.Length < 67 || raw[64] != ' ' || raw[65] is not (' ' or '*') || raw[..64].ContainsAnyExcept(s_hexDigits))
            {
                throw new ModelFolderException(string.Create(CultureInfo.InvariantCulture, $"{origin}, line {lineNumber}: expected '<64 hex digits>  <file>'. Copy the folder again from its source."));
            }

            var name = raw[66..].ToString();
            if (!StaysInside(name))
            {
                throw new ModelFolderException(string.Create(CultureInfo.InvariantCulture, $"{origin}, line {lineNumber}: '{name}' is not a file inside the folder. Do not use this folder."));
            }

            if (!entries.TryAdd(name, raw[..64].ToString().ToLowerInvariant()) || entries.Count > MaxEntries)
            {
                throw new ModelFolderException(string.Create(CultureInfo.InvariantCulture, $"{origin}, line {lineNumber}: '{name}' is listed twice, or the list is longer than {MaxEntries} files."));
            }
        }

        return entries.Count > 0 ? entries : throw new ModelFolderException($"{origin} lists no file. Copy the folder again from its source.");
    }

    /// <summary>Lines in ordinal order of the names, so that equal contents give an equal file and folder hash.</summary>
    public static string Format(IEnumerable<KeyValuePair<string, string>> entries) =>
        string.Concat(entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Value}  {e.Key}\n"));

    private static bool StaysInside(string name) =>
        !name.Contains('\\') && !name.Contains('\0') && name.Split('/').All(part => part is not ("" or "." or ".."));
}
