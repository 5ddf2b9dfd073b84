namespace EnterpriseRag.Foundation;

/// <summary>A secret string that never prints itself.</summary>
public sealed class Secret(string value)
{
    /// <summary>The secret itself; call it where it is used, never where it is logged.</summary>
    public string Reveal() => value;

    public override string ToString() => "***";
}
