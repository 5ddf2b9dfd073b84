namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

internal enum ActivationKind
{
    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>With the error function.</summary>
    Gelu,

    /// <summary>The approximation with tanh; up to 2e-3 off the other.</summary>
    GeluTanh,
}

internal static class Activation
{
    /// <summary>The activation that config.json names.</summary>
    public static ActivationKind? Named(string name) => name switch
    {
        "silu" or "swish" => ActivationKind.Silu,
        "gelu" => ActivationKind.Gelu,
        "gelu_pytorch_tanh" or "gelu_new" or "gelu_fast" => ActivationKind.GeluTanh,
        _ => null,
    };

    public static string NodeName(ActivationKind kind) => kind == ActivationKind.Silu ? "silu" : "gelu";

    public static string Add(GraphBuilder graph, string name, string x, ActivationKind kind) => kind switch
    {
        ActivationKind.Silu => Silu(graph, name, x),
        ActivationKind.Gelu => graph.Node(GraphBuilder.Microsoft, "Gelu", name, [x]),
        _ => graph.Node("", "Gelu", name, [x], Attribute.Of("approximate", "tanh")),
    };

    /// <summary>Of a sum with a bias, in one node where there is one.</summary>
    public static string AddBiased(GraphBuilder graph, string name, string x, string bias, ActivationKind kind) => kind switch
    {
        ActivationKind.Gelu => graph.Node(GraphBuilder.Microsoft, "BiasGelu", name, [x, bias]),
        ActivationKind.GeluTanh => graph.Node(GraphBuilder.Microsoft, "FastGelu", name, [x, bias]),
        _ => Silu(graph, name, graph.Node("", "Add", $"{name}/bias", [x, bias])),
    };

    /// <summary>SiLU is QuickGelu with alpha 1.</summary>
    public static string Silu(GraphBuilder graph, string name, string x) => graph.Node(GraphBuilder.Microsoft, "QuickGelu", name, [x], Attribute.Of("alpha", 1f));
}
