namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>A model folder is incomplete, altered or not a model folder. The message names the file and says what to do; nothing was loaded.</summary>
public sealed class ModelFolderException(string message, Exception? inner = null) : Exception(message, inner);
