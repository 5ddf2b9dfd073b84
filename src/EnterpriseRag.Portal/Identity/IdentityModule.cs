using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Hosting;
using EnterpriseRag.Storage.Postgres;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Local accounts, cookie and token sign-in, roles, first run.</summary>
internal static class IdentityModule
{
    /// <summary>The scheme that looks at a request and passes it on to the cookie's or the token's.</summary>
    private const string Chooser = "chooser";

    public static MigrationSource Migrations { get; } = new(DatabaseKind.Rag, "portal", typeof(IdentityModule).Assembly, "Identity/Migrations/");

    public static IServiceCollection AddLocalIdentity(this IServiceCollection services)
    {
        services.AddSingleton(Migrations);
        services.AddDbContext<IdentityDb>(static (provider, o) => o.UseNpgsql(provider.GetRequiredService<Databases>().Rag));

        services.AddIdentityCore<Account>(static o =>
            {
                // Length instead of character classes (NIST SP 800-63B 5.1.1.2); lockout against guessing.
                o.Password = new PasswordOptions { RequiredLength = 12, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false, RequiredUniqueChars = 5 };
                o.Lockout = new LockoutOptions { MaxFailedAccessAttempts = 5, DefaultLockoutTimeSpan = TimeSpan.FromMinutes(15), AllowedForNewUsers = true };
                o.User.RequireUniqueEmail = false;
            })
            .AddRoles<AccountRole>()
            .AddEntityFrameworkStores<IdentityDb>()
            .AddSignInManager();
        // A changed password or role ends other sessions within a minute.
        services.Configure<SecurityStampValidatorOptions>(static o => o.ValidationInterval = TimeSpan.FromMinutes(1));

        services.AddAuthentication(static o =>
            {
                o.DefaultScheme = Chooser;
                o.DefaultSignInScheme = IdentityConstants.ApplicationScheme;
                o.DefaultSignOutScheme = IdentityConstants.ApplicationScheme;
            })
            .AddPolicyScheme(Chooser, displayName: null, static o => o.ForwardDefaultSelector = static context =>
                TokenAuthentication.IsChosenBy(context) || context.Features.Get<IExceptionHandlerFeature>() is not null ? TokenAuthentication.Scheme : IdentityConstants.ApplicationScheme)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.Scheme, configureOptions: null)
            .AddCookie(IdentityConstants.ApplicationScheme);
        services.AddOptions<Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme).Configure<IOptions<PortalOptions>>(SignInCookie.Configure);
        services.AddAuthorization(Policies.Add);

        services.AddDataProtection().SetApplicationName("EnterpriseRag");
        services.AddOptions<KeyManagementOptions>().Configure<IOptions<DataOptions>>(static (o, data) => o.XmlRepository = new CookieKeyFiles(data.Value.Sub("secrets/cookie-keys")));

        services.AddSingleton<FailureLimiter>();
        services.AddScoped<SignInDoor>();
        services.AddScoped<PersonalTokens>();
        services.AddScoped<UserPasswords>();
        services.AddScoped<AccountDirectory>();
        services.AddScoped<Seed>();
        services.AddSingleton<ConfigurationRecord>();
        services.AddHostedService<FirstRun>();
        return services;
    }
}
