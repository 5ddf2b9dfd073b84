using System.Net.NetworkInformation;
using System.Net.Sockets;
using EnterpriseRag.Cli.Commands;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Remote;
using Microsoft.Extensions.Configuration;

namespace EnterpriseRag.Cli.Doctor;

/// <summary>Data folder, models, ports.</summary>
internal static class InstallationChecks
{
    private const int DefaultPortalPort = 5080;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static async Task<IReadOnlyList<Check>> RunAsync(InstallationSettings settings, CancellationToken cancellationToken) =>
        [DataFolder(settings.Data.Directory), await PortalAsync(settings, cancellationToken), await DatabaseAsync(settings, cancellationToken), .. Models(settings, cancellationToken), .. Remote(settings)];

    private static Check DataFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return Check.Ok("data folder", $"{folder} will be made at the first start");
        }

        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(folder) & Others) == UnixFileMode.None
            ? Check.Ok("data folder", folder)
            : Check.Warning("data folder", $"{folder} can be entered by others", $"chmod 700 '{folder}'");
    }

    private static async Task<Check> PortalAsync(InstallationSettings settings, CancellationToken cancellationToken)
    {
        if (InstallationSettings.ReadLine(settings.Data.Sub("portal.url")) is { } text && Uri.TryCreate(text, UriKind.Absolute, out var address))
        {
            return await ListensAsync(address.Host, address.Port, cancellationToken)
                ? Check.Ok("portal", $"the host listens at {address}")
                : Check.Warning("portal", $"the host was at {address} and does not answer", "Start it again.");
        }

        var port = Uri.TryCreate(settings.Configuration["Portal:Url"], UriKind.Absolute, out var configured) ? configured.Port : DefaultPortalPort;
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(endpoint => endpoint.Port == port);
        return taken
            ? Check.Warning("portal", $"port {port} is taken by another program", "Set Portal__Url to another address; the quick start looks for a free port itself.")
            : Check.Ok("portal", $"not running; port {port} is free");
    }

    private static async Task<Check> DatabaseAsync(InstallationSettings settings, CancellationToken cancellationToken)
    {
        var host = settings.Configuration["Database:Host"];
        if (host is null && settings.Configuration["Database:Port"] is null)
        {
            return Check.Ok("database", "no server configured yet");
        }

        host ??= "127.0.0.1";
        if (host.StartsWith('/'))
        {
            return Directory.Exists(host) ? Check.Ok("database", $"socket folder {host}") : Check.Error("database", $"there is no socket folder {host}", "Set Database__Host.");
        }

        var port = int.TryParse(settings.Configuration["Database:Port"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var configured) ? configured : 5432;
        return await ListensAsync(host, port, cancellationToken)
            ? Check.Ok("database", $"a server listens at {host}:{port}")
            : Check.Warning("database", $"nothing listens at {host}:{port}", "Start Postgres (the quick start does), or set Database__Host and Database__Port.");
    }

    /// <summary>Nothing when no remote model is configured: then no packet leaves.</summary>
    private static IEnumerable<Check> Remote(InstallationSettings settings)
    {
        var remote = settings.Configuration.GetSection(RemoteOptions.Section).Get<RemoteOptions>() ?? new RemoteOptions();
        if (remote.IsOn)
        {
            yield return Check.Warning(
                "remote models", $"prompts and passages leave this machine for {remote.AllowedHost ?? remote.Endpoint}", "If that is not intended, remove Inference__Remote__Endpoint from the host's settings.");
        }
    }

    private static List<Check> Models(InstallationSettings settings, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> folders;
        try
        {
            folders = InspectedModel.FoldersOf(settings);
        }
        catch (DirectoryNotFoundException e)
        {
            return [Check.Error("models", e.Message, "Run rag from the installation, or set Models__Directory.")];
        }

        var checks = folders.Select(path => InspectedModel.Of(path, settings.Approvals, cancellationToken))
            .Select(model => model.Problem is { } problem ? Check.Error("model", problem, "Take the folder from its source again.") : Check.Ok("model", $"{model.Name}: verified"))
            .ToList();
        if (settings.Models.GenerationInUse(settings.Approvals) is null)
        {
            checks.Add(settings.Models.GenerationCandidates is [var unreviewed, ..]
                ? Check.Warning("language model", $"{Path.GetFileName(unreviewed.Path)} is not approved: answers are quotations only", $"rag models card {Path.GetFileName(unreviewed.Path)}, then rag models approve")
                : Check.Warning("language model", "none imported: answers are quotations only", "rag models import deploy/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));
        }

        return checks;
    }

    private static async Task<bool> ListensAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, limit.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
