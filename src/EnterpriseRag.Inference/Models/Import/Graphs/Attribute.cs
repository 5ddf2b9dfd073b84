using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using Google.Protobuf;

namespace EnterpriseRag.Inference.Models.Import.Graphs;

/// <summary>Attributes of a node: a name and a whole number, number or text.</summary>
internal static class Attribute
{
    public static AttributeProto Of(string name, long value) => new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Of(string name, float value) => new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    public static AttributeProto Of(string name, string value) => new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String };
}
