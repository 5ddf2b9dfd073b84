namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>RMS normalisation: alone, or fused with the residual sum.</summary>
internal static class RmsNorm
{
    public static string First(GraphBuilder graph, string name, string x, string weight, float epsilon) =>
        graph.Node("", "SimplifiedLayerNormalization", name, [x, weight], Attribute.Of("axis", -1L), Attribute.Of("epsilon", epsilon), Attribute.Of("stash_type", 1L));

    /// <summary>Adds the branch to the residual and normalises the sum. Outputs 1 and 2 of the node are statistics that nobody reads.</summary>
    public static (string Normed, string Residual) Skip(GraphBuilder graph, string name, string residual, string branch, string weight, float epsilon)
    {
        var sum = $"{name}/residual";
        graph.Node(GraphBuilder.Microsoft, "SkipSimplifiedLayerNormalization", name, [residual, branch, weight], [name, "", "", sum], [Attribute.Of("epsilon", epsilon)]);
        return (name, sum);
    }

    /// <summary>The last norm of the graph: nobody needs the sum.</summary>
    public static string Last(GraphBuilder graph, string name, string residual, string branch, string weight, float epsilon) =>
        graph.Node(GraphBuilder.Microsoft, "SkipSimplifiedLayerNormalization", name, [residual, branch, weight], Attribute.Of("epsilon", epsilon));
}
