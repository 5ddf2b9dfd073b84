using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Native;

/// <summary>ONNX Runtime refused or failed. The message is the library's own, with its source paths: for the log, not for readers of the portal.</summary>
internal sealed class OrtException(OrtErrorCode code, string message) : Exception($"ONNX Runtime: [{code}] {message.TrimEnd()}")
{
    public OrtErrorCode Code { get; } = code;
}
