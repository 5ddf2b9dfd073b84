using System.Text.Json;

namespace EnterpriseRag.Evaluation;

/// <summary>One measured figure: <c>Value</c> over <c>N</c> questions.</summary>
internal sealed record Figure(string Set, string Metric, double Value, int N)
{
    public static Figure Share(string set, string metric, int hits, int of) => new(set, metric, of == 0 ? 0 : Math.Round((double)hits / of, 4), of);

    public string ToJson() => JsonSerializer.Serialize(new { set = Set, metric = Metric, value = Value, n = N });
}
