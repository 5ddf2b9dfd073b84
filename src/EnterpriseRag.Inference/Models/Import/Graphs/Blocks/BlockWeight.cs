using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>A quantised weight in the graph: uint8 [N, K/32, 32 or 16] and float scales, which enter the graph in the shape that their reader wants.</summary>
internal sealed record BlockWeight(WeightMatrix Matrix, long Bits, string Quants, DataSlot ScaleSlot)
{
    public int BlocksInRow => Matrix.Columns / WeightForms.BlockSize;

    /// <summary>Scales as the product wants them, [N, K/32].</summary>
    public string ScalesOfRows(GraphBuilder graph) => graph.External($"{Matrix.Name}.scales", DataType.Float, ScaleSlot, Matrix.Rows, BlocksInRow);

    /// <summary>The same bytes in the rank of the blocks, [N, K/32, 1], as GatherBlockQuantized wants them.</summary>
    public string ScalesOfBlocks(GraphBuilder graph) => graph.External($"{Matrix.Name}.scales3", DataType.Float, ScaleSlot, Matrix.Rows, BlocksInRow, 1);

    public static BlockWeight Add(GraphBuilder graph, WeightMatrix weight, WeightForm form)
    {
        if (weight.Columns % WeightForms.BlockSize != 0)
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor '{weight.Name}' has rows of {weight.Columns} values, which are not whole blocks of {WeightForms.BlockSize}. Import it with 32-bit weights."));
        }

        long bits = form == WeightForm.FourBit ? 4 : 8;
        var blocks = weight.Columns / WeightForms.BlockSize;
        var blockBytes = WeightForms.BlockSize * bits / 8;
        var quants = graph.Data.Reserve((long)weight.Rows * blocks * blockBytes);
        var scales = graph.Data.Reserve((long)weight.Rows * blocks * sizeof(float));
        graph.Data.Add(new BlockJob(weight, form, quants, scales));
        return new BlockWeight(
            weight,
            bits,
            graph.External($"{weight.Name}.q{bits}", DataType.Uint8, quants, weight.Rows, blocks, blockBytes),
            scales);
    }
}
