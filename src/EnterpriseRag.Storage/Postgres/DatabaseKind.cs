namespace EnterpriseRag.Storage.Postgres;

/// <summary>The three databases of an installation. They never share a transaction; each has roles of its own.</summary>
public enum DatabaseKind
{
    /// <summary>Matters, documents, chunks, jobs, accounts, tokens.</summary>
    Rag = 0,

    /// <summary>The ledger.</summary>
    Audit = 1,

    /// <summary>Wrapped keys, and the identity vault as a schema with its own role.</summary>
    Keys = 2,
}
