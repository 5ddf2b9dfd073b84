using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>Kestrel's address and limits, and what a failed start says.</summary>
internal static class Server
{
    private const long MaxBodyBytes = 1 << 20;

    public static void ConfigureServer(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseUrls((builder.Configuration.GetSection(PortalOptions.Section).Get<PortalOptions>() ?? new PortalOptions()).Url);
        builder.WebHost.ConfigureKestrel(static o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = MaxBodyBytes; // uploads raise it for themselves
            o.Limits.MaxRequestLineSize = 4096;
            o.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
    }

    /// <summary>Runs until stopped. 0 after an orderly end; 1 when the start was refused, with the reason instead of a stack trace.</summary>
    public static async Task<int> RunOrRefuseAsync(this WebApplication app)
    {
        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is AuditUnavailableException or DatabaseSetupException or OptionsValidationException or SecretFileException or ModelFolderException or NpgsqlException or IOException)
        {
            Log.StartRefused(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("EnterpriseRag.Portal"), e.Message);
            return 1;
        }
    }
}
