using EnterpriseRag.Portal.Tests;
using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Testing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(PortalFixture))]

namespace EnterpriseRag.Portal.Tests;

/// <summary>One host with a few documents and one browser for all tests; each test has a browser context, and so a session, of its own.</summary>
public sealed class PortalFixture : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private PortalHost? _host;

    public PortalHost Host => _host ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
        {
            throw new InvalidOperationException("The browser tests need Chromium: apt-get install chromium");
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        installation.Configuration["Models:Generation"] = await ImportedModel.FolderAsync();
        _host = await PortalHost.StartAsync(installation);
        await _host.IngestAsync("lena", PortalHost.Matter,
            PortalHost.Sample("framework-services-agreement.pdf"), PortalHost.Sample("gewerbemietvertrag.pdf"), PortalHost.Sample("travel-policy.html"), PortalHost.Sample("arbeitsvertrag.docx"));
    }

    /// <summary>A page of a new visitor, signed in when an account is named.</summary>
    public async Task<IPage> VisitAsync(string? account, string language = "en", ColorScheme scheme = ColorScheme.Light)
    {
        var browser = _browser ?? throw new InvalidOperationException("The fixture is not initialised.");
        var context = await browser.NewContextAsync(new()
        {
            BaseURL = Host.Url.ToString(),
            Locale = string.Equals(language, "de", StringComparison.Ordinal) ? "de-DE" : "en-GB",
            ColorScheme = scheme,
            ViewportSize = new() { Width = 1360, Height = 900 },
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(30_000);
        var page = await context.NewPageAsync();
        await page.GotoAsync("/");
        if (account is not null)
        {
            await page.FillAsync("#user", account);
            await page.FillAsync("#password", Host.Password(account));
            await page.ClickAsync("button[type=submit].primary");
            await page.WaitForURLAsync(static url => !url.Contains("/sign-in", StringComparison.Ordinal));
        }

        return page;
    }

    /// <summary>Keeps a picture of the page under TestResults/portal for people to look at.</summary>
    public static async Task ShootAsync(IPage page, string name)
    {
        var folder = Path.Combine(RepositoryFiles.Root, "TestResults", "portal");
        Directory.CreateDirectory(folder);
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = false, Animations = ScreenshotAnimations.Disabled });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
