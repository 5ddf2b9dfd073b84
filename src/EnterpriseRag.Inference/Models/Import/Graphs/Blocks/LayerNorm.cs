namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>A layer normalisation's stored weight and bias, by their names in the graph.</summary>
internal sealed record LayerNormWeights(string Weight, string Bias);

/// <summary>Layer normalisation: alone, or fused with the residual sum.</summary>
internal static class LayerNorm
{
    public static string First(GraphBuilder graph, string name, string x, LayerNormWeights weights, float epsilon) =>
        graph.Node("", "LayerNormalization", name, [x, weights.Weight, weights.Bias], Attribute.Of("axis", -1L), Attribute.Of("epsilon", epsilon), Attribute.Of("stash_type", 1L));

    /// <summary>Adds the branch, and its bias when it has one, to the residual and normalises the sum. Outputs 1 and 2 of the node are statistics that nobody reads.</summary>
    public static (string Normed, string Residual) Skip(GraphBuilder graph, string name, string residual, string branch, LayerNormWeights weights, string? branchBias, float epsilon)
    {
        var sum = $"{name}/residual";
        graph.Node(GraphBuilder.Microsoft, "SkipLayerNormalization", name, Inputs(residual, branch, weights, branchBias), [name, "", "", sum], [Attribute.Of("epsilon", epsilon)]);
        return (name, sum);
    }

    /// <summary>The last norm of the graph: nobody needs the sum.</summary>
    public static string Last(GraphBuilder graph, string name, string residual, string branch, LayerNormWeights weights, string? branchBias, float epsilon) =>
        graph.Node(GraphBuilder.Microsoft, "SkipLayerNormalization", name, Inputs(residual, branch, weights, branchBias), Attribute.Of("epsilon", epsilon));

    private static string[] Inputs(string residual, string branch, LayerNormWeights weights, string? branchBias) =>
        branchBias is null ? [residual, branch, weights.Weight, weights.Bias] : [residual, branch, weights.Weight, weights.Bias, branchBias];
}
