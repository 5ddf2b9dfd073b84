using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Testing;
using Google.Protobuf;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>A copy of a tiny model whose graph was changed.</summary>
internal sealed class ChangedFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("changed-").FullName;

    /// <param name="name">Of the tiny model.</param>
    /// <param name="change">Gets the graph and the bytes of its external data.</param>
    public ChangedFolder(string name, Action<GraphProto, byte[]> change)
    {
        string source = RepositoryFiles.Fixture($"tiny-genai/{name}");
        foreach (string file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, Path.Combine(_path, Path.GetFileName(file)));
        }

        string graph = Path.Combine(_path, "model.onnx");
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(graph));
        // Without what our subset of the format does not know: the declared types of values in between.
        var changed = new GraphProto { Name = model.Graph.Name, Node = { model.Graph.Node }, Initializer = { model.Graph.Initializer }, Input = { model.Graph.Input }, Output = { model.Graph.Output } };
        change(changed, File.ReadAllBytes(Path.Combine(_path, "model.onnx.data")));
        model.Graph = changed;
        File.WriteAllBytes(graph, model.ToByteArray());
        Folder = ModelFolder.OpenUnlisted(_path);
    }

    public ModelFolder Folder { get; }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

/// <summary>Makes a graph of floats one of halves.</summary>
internal static class HalfPrecision
{
    private const int Float = (int)TensorProto.Types.DataType.Float;
    private static readonly TensorProto.Types.DataType s_half = (TensorProto.Types.DataType)10; // our subset of the format has no halves

    public static void Convert(GraphProto graph, byte[] data)
    {
        foreach (TensorProto tensor in graph.Initializer.Where(t => (int)t.DataType == Float))
        {
            float[] values = MemoryMarshal.Cast<byte, float>(Bytes(tensor, data)).ToArray();
            tensor.ExternalData.Clear();
            tensor.DataLocation = TensorProto.Types.DataLocation.Default;
            tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<System.Half>(Array.ConvertAll(values, v => (System.Half)v)));
            tensor.DataType = s_half;
        }

        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output).Where(v => (int)v.Type.TensorType.ElemType == Float))
        {
            value.Type.TensorType.ElemType = s_half;
        }
    }

    private static ReadOnlySpan<byte> Bytes(TensorProto tensor, byte[] data)
    {
        if (tensor.ExternalData.Count == 0)
        {
            return tensor.RawData.Span;
        }

        int offset = int.Parse(tensor.ExternalData.FirstOrDefault(e => e.Key == "offset")?.Value ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        int length = int.Parse(tensor.ExternalData.First(e => e.Key == "length").Value, System.Globalization.CultureInfo.InvariantCulture);
        return data.AsSpan(offset, length);
    }
}
