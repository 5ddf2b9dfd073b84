using System.Text.Encodings.Web;
using System.Text.Json;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>How the small JSON files of a folder are written: for people, with other scripts as they are, line ends the same everywhere.</summary>
internal static class FolderJson
{
    public static JsonWriterOptions Indented => new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
