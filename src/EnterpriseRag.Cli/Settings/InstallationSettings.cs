using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Cli.Settings;

/// <summary>
/// The settings of the installation on this machine: environment variables with the host's names (<c>Data__Directory</c>, <c>Database__Port</c> …); what
/// the quick start wrote into the data folder fills the gaps.
/// </summary>
internal sealed class InstallationSettings
{
    private InstallationSettings(IConfiguration configuration, DataOptions data)
    {
        Configuration = configuration;
        Data = data;
    }

    public IConfiguration Configuration { get; }

    public DataOptions Data { get; }

    public RuntimeOptions Runtime => Configuration.GetSection(RuntimeOptions.Section).Get<RuntimeOptions>() ?? new RuntimeOptions();

    public ModelLocations Models => new(Options.Create(Configuration.GetSection(ModelOptions.Section).Get<ModelOptions>() ?? new ModelOptions()), Options.Create(Data));

    public ModelApprovals Approvals => new(Options.Create(Data));

    /// <summary>Whether a database server was named: an installation that never started has none, and so no ledger yet.</summary>
    public bool HasDatabase => Configuration["Database:Host"] is not null || Configuration["Database:Port"] is not null;

    public static InstallationSettings Read()
    {
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var folder = environment["Data:Directory"] ?? environment["RAG_DATA"] ?? new DataOptions().Directory;
        var data = new DataOptions { Directory = Path.GetFullPath(folder) };
        var defaults = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Data:Directory"] = data.Directory };
        if (ReadLine(data.Sub("postgres.port")) is { } port)
        {
            defaults["Database:Host"] = "127.0.0.1";
            defaults["Database:Port"] = port;
        }

        return new InstallationSettings(new ConfigurationBuilder().AddInMemoryCollection(defaults).AddEnvironmentVariables().Build(), data);
    }

    /// <summary>First line of a small file, or null.</summary>
    public static string? ReadLine(string path) => File.Exists(path) && File.ReadLines(path).FirstOrDefault()?.Trim() is { Length: > 0 } line ? line : null;
}
