namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

internal static class Activation
{
    /// <summary>SiLU: x · sigmoid(x), which is QuickGelu with alpha 1.</summary>
    public static string Silu(GraphBuilder graph, string name, string x) => graph.Node(GraphBuilder.Microsoft, "QuickGelu", name, [x], Attribute.Of("alpha", 1f));
}
