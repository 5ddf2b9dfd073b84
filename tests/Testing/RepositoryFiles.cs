namespace EnterpriseRag.Testing;

/// <summary>Files of the checkout that tests read: golden fixtures and the models in the box.</summary>
public static class RepositoryFiles
{
    /// <summary>The folder that holds EnterpriseRag.sln, found upward from the test's output.</summary>
    public static string Root { get; } = FindRoot();

    public static string Fixture(string name) => Existing(Path.Combine(Root, "tests", "fixtures", name));

    public static string Model(string name) => Existing(Path.Combine(Root, "deploy", "models", name));

    private static string Existing(string path) =>
        Path.Exists(path) ? path : throw new FileNotFoundException($"{path} is part of the repository and missing: restore it with 'git checkout -- {Path.GetRelativePath(Root, path)}'.");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "EnterpriseRag.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"EnterpriseRag.sln was not found above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
