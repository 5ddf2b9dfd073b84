using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Native;

/// <summary>One input or output as the graph declares it.</summary>
/// <param name="Name">As in the graph.</param>
/// <param name="Type"><see cref="ElementType.Undefined"/> for what is not a tensor.</param>
/// <param name="Dimensions">-1 where the size is open.</param>
/// <param name="Symbols">Name of each open dimension, empty where it has none.</param>
internal sealed record TensorInfo(string Name, ElementType Type, long[] Dimensions, string[] Symbols)
{
    public int Rank => Dimensions.Length;

    public override string ToString() => $"{Name}: {Type} [{string.Join(", ", Dimensions.Select((d, i) => d >= 0 ? d.ToString(System.Globalization.CultureInfo.InvariantCulture) : Symbols[i]))}]";
}
