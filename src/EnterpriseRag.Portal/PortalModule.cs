using EnterpriseRag.Portal.Api;
using EnterpriseRag.Portal.Components;
using EnterpriseRag.Portal.Documents;
using EnterpriseRag.Portal.Hosting;
using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Portal.Localisation;
using EnterpriseRag.Portal.Review;

namespace EnterpriseRag.Portal;

/// <summary>The portal's own services and its request pipeline, in order.</summary>
internal static class PortalModule
{
    public static IServiceCollection AddPortal(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PortalOptions>().Bind(configuration.GetSection(PortalOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddLocalIdentity();
        services.AddApi();
        services.AddHealth();
        services.AddProblemDetails();
        services.AddSingleton<OutageReport>();
        services.AddExceptionHandler<ApiExceptionHandler>();
        services.AddHttpContextAccessor();
        services.AddLocalization();
        services.AddRazorComponents();
        services.AddCascadingAuthenticationState();
        services.AddAntiforgery(static o => o.Cookie.Name = "rag-form");
        services.AddSingleton<AssetVersion>();
        services.AddSingleton<MatterRegister>();
        services.AddSingleton<DocumentCatalogue>();
        services.AddSingleton<PageReader>();
        services.AddSingleton<LedgerDesk>();
        services.AddHostedService<AddressFile>();
        return services;
    }

    public static void UsePortal(this WebApplication app)
    {
        app.UseRequestLog();
        app.UseSecurityHeaders();
        app.UseLanguageChoice();
        app.UseExceptionHandler("/error", createScopeForErrors: true); // pages cannot be rendered twice in one scope
        app.UseStatusCodePages(PageStatus.WriteAsync);
        app.UseStaticFiles(StaticFiles.Options);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseCrossSiteGuard();
        app.UseAntiforgery();
        app.MapApi();
        app.MapSignOut();
        app.MapRazorComponents<App>();
    }
}
