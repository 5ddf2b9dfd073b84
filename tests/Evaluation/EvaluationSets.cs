namespace EnterpriseRag.Evaluation;

/// <summary>The sets that can be named on the command line. A new set is a new class and a line here.</summary>
internal static class EvaluationSets
{
    private static readonly SortedDictionary<string, Func<CancellationToken, IAsyncEnumerable<Figure>>> s_sets = new(StringComparer.Ordinal)
    {
        ["legalquad"] = LegalQuadSet.RunAsync,
        ["samples"] = SamplesSet.RunAsync,
        ["samples-export"] = SamplesExport.RunAsync,
        ["tokenizers"] = TokenizersSet.RunAsync,
        ["xquad"] = XquadSet.RunAsync,
        ["xquad-decline"] = DeclineSet.RunAsync,
        ["xquad-sweep"] = XquadSet.SweepAsync,
    };

    public static IEnumerable<string> Names => s_sets.Keys;

    public static Func<CancellationToken, IAsyncEnumerable<Figure>>? Find(string name) => s_sets.GetValueOrDefault(name);
}
