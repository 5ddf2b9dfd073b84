namespace EnterpriseRag.Answering.Ask;

/// <summary>Fixed sentences of the system in the language of the question; English where there is no translation.</summary>
public static class Wording
{
    public static string NotInDocuments(string language) => IsGerman(language)
        ? "Das steht nicht in den Dokumenten, die Sie lesen dürfen. Die nächstliegenden Stellen:"
        : "This is not in the documents that you may read. The nearest passages:";

    public static string NothingToSearch(string language) => IsGerman(language)
        ? "Das steht nicht in den Dokumenten, die Sie lesen dürfen."
        : "This is not in the documents that you may read.";

    public static string QuotationsHeading(string language) => IsGerman(language) ? "Die Dokumente sagen dazu:" : "The documents say:";

    public static string AuditAborted(string language) => IsGerman(language)
        ? "Das Prüfprotokoll kann nicht mehr geschrieben werden. Die Antwort wurde abgebrochen und ist ungültig."
        : "The audit ledger can no longer be written. The answer was stopped and is void.";

    private static bool IsGerman(string language) => string.Equals(language, "de", StringComparison.Ordinal);
}
