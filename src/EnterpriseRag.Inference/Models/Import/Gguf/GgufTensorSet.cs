using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>The tensors of a GGUF model, under their own names.</summary>
internal sealed class GgufTensorSet(GgufModel model) : TensorSet(model.Name)
{
    protected override IEnumerable<string> StoredNames => model.Tensors.Select(tensor => tensor.Name);

    /// <summary>Current files stack the experts of a layer in one tensor; older ones hold one tensor each (blk.0.ffn_gate.3.weight).</summary>
    public override RowSection Expert(string name, int expert, int experts, int rows, int columns) => Has($"{name}_exps.weight")
        ? new RowSection(Matrix($"{name}_exps.weight", checked(experts * rows), columns), expert * rows, rows, RowOrder.AsStored)
        : new RowSection(Matrix(FormattableString.Invariant($"{name}.{expert}.weight"), rows, columns), 0, rows, RowOrder.AsStored);

    protected override string? StoredName(string name) => model.Has(name) ? name : null;

    protected override string PublishedName(string name) => name;

    protected override SourceTensor? Find(string storedName) => model.Find(storedName);
}
