using EnterpriseRag.Inference.Models.Import;

namespace EnterpriseRag.Testing;

/// <summary>The language model of the box as a model folder: imported once per checkout into the untracked artifacts folder, then reused by all test processes.</summary>
public static class ImportedModel
{
    private static readonly Lazy<Task<string>> s_folder = new(ImportAsync);

    /// <summary>Path of the verified folder.</summary>
    public static Task<string> FolderAsync() => s_folder.Value;

    private static async Task<string> ImportAsync()
    {
        var source = RepositoryFiles.Model("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        var parent = Directory.CreateDirectory(Path.Combine(RepositoryFiles.Root, "artifacts", "test-models")).FullName;
        var target = Path.Combine(parent, "smollm2-135m-instruct");
        using var turn = await TurnAsync(Path.Combine(parent, ".lock"));
        return ModelImporter.FindExisting(source, target, new ModelImportOptions())?.Path
            ?? (await ModelImporter.ImportAsync(source, target, new ModelImportOptions { Replace = true }, null, CancellationToken.None)).Path;
    }

    /// <summary>Test processes run side by side: the first one imports, the others wait.</summary>
    private static async Task<FileStream> TurnAsync(string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 600)
            {
                await Task.Delay(200);
            }
        }
    }
}
