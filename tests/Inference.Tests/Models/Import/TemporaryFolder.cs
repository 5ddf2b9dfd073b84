namespace EnterpriseRag.Inference.Tests.Models.Import;

/// <summary>A folder of one test, removed at its end.</summary>
/// <param name="inMemory">On /dev/shm where there is one: for tests with thousands of imports, each of which flushes its files to the disk.</param>
internal sealed class TemporaryFolder(bool inMemory = false) : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; } = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"import-{Environment.ProcessId}")).FullName
        : Directory.CreateTempSubdirectory("import-").FullName;

    public string Write(string name, byte[] bytes)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
