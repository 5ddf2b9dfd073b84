namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>The formats of strings that can be enforced, as regular expressions (RFC 3339, 4122; a plain form of RFC 5321 addresses).</summary>
internal static class JsonFormats
{
    // Every day that there is since year 1: 29 February in leap years only.
    private const string Date =
        "(?:(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
        + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)";

    private const string Clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,7})?";
    private const string Zone = "(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])";

    public static string? Pattern(string format) => format switch
    {
        "date" => $"^{Date}$",
        "time" => $"^{Clock}{Zone}$",
        "date-time" => $"^{Date}T{Clock}{Zone}$",
        "uuid" => "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        "email" => "^[A-Za-z0-9](?:[.]?[A-Za-z0-9_+-]){0,40}@(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}\\.){1,4}[A-Za-z]{2,20}$",
        "ipv4" => "^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$",
        _ => null,
    };
}
