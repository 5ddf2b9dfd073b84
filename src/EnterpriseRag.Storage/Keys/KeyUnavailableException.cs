namespace EnterpriseRag.Storage.Keys;

/// <summary>The key encryption key is missing, wrong, or not the one that made the rows of the key database. Nothing may be written meanwhile.</summary>
public sealed class KeyUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
