namespace EnterpriseRag.Inference.Remote;

/// <summary>The remote server did not give a usable answer. The message names the host and what to do, never a prompt or an answer.</summary>
public sealed class RemoteModelException(string message, Exception? inner = null) : Exception(message, inner);
