using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.Authorization;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Who may call what. Roles are separate: an administrator without the reader role reads no content.</summary>
internal static class Policies
{
    /// <summary>Asks, searches, reads documents; what exactly is readable is decided by the scope, not here.</summary>
    public const string Reads = "reads";

    /// <summary>Hands documents in or removes them: readers (in their matters, decided by the intake) and administrators.</summary>
    public const string HandsIn = "hands-in";

    public const string Administers = "administers";

    public const string Reviews = "reviews";

    public static void Add(AuthorizationOptions options)
    {
        options.AddPolicy(Reads, p => p.RequireAuthenticatedUser().RequireRole(PlatformRoles.Reader));
        options.AddPolicy(HandsIn, p => p.RequireAuthenticatedUser().RequireRole(PlatformRoles.Reader, PlatformRoles.Administrator));
        options.AddPolicy(Administers, p => p.RequireAuthenticatedUser().RequireRole(PlatformRoles.Administrator));
        options.AddPolicy(Reviews, p => p.RequireAuthenticatedUser().RequireRole(PlatformRoles.ComplianceOfficer));
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
    }
}
