namespace EnterpriseRag.Storage.Postgres;

/// <summary>The databases are not in a state in which the host may start. The message says what to do.</summary>
public sealed class DatabaseSetupException(string message, Exception? inner = null) : Exception(message, inner);
