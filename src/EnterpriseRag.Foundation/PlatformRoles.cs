namespace EnterpriseRag.Foundation;

/// <summary>Roles of the installation (not of a matter). The administrator reads no content.</summary>
public static class PlatformRoles
{
    public const string Administrator = "administrator";
    public const string Reader = "reader";
    public const string ComplianceOfficer = "compliance-officer";
}
