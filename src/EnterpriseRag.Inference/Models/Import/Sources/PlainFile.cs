namespace EnterpriseRag.Inference.Models.Import.Sources;

/// <summary>Keeps the import from waiting for files that have nothing to read: pipes (opening one waits until somebody writes) and devices have no length.</summary>
internal static class PlainFile
{
    /// <summary>An existing file without a length, also behind links: caches keep the bytes of a model there.</summary>
    public static bool IsEmpty(string path)
    {
        var file = new FileInfo(path);
        return (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file) is { Exists: true, Length: 0 };
    }

    /// <exception cref="ModelImportException">The file is empty, or no plain file. A missing one is left to the opening.</exception>
    public static void Require(string path)
    {
        if (IsEmpty(path))
        {
            throw new ModelImportException($"{path} is cut short to nothing, or no plain file. Download it again.");
        }
    }
}
