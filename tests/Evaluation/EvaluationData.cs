using EnterpriseRag.Testing;

namespace EnterpriseRag.Evaluation;

/// <summary>Public data that the project does not hold: RAG_EVAL_DATA, by default ../shared/data beside the checkout.</summary>
internal static class EvaluationData
{
    /// <summary>The folder itself.</summary>
    public static string Folder
    {
        get
        {
            var folder = Path.GetFullPath(Environment.GetEnvironmentVariable("RAG_EVAL_DATA") is { Length: > 0 } given
                ? given
                : Path.Combine(RepositoryFiles.Root, "..", "shared", "data"));
            return Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"{folder} is missing: set RAG_EVAL_DATA to the folder with the evaluation data.");
        }
    }

    public static string File(params string[] path)
    {
        var file = Path.GetFullPath(Path.Combine([Folder, .. path]));
        return System.IO.File.Exists(file) ? file : throw new FileNotFoundException($"{file} is missing: set RAG_EVAL_DATA to the folder with the evaluation data.");
    }
}
