namespace EnterpriseRag.Inference.Models.Import;

/// <summary>A published model cannot be imported. The message says what is wrong with which part of the file and what to do; nothing was written.</summary>
public sealed class ModelImportException(string message, Exception? inner = null) : Exception(message, inner);
