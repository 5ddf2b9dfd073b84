using System.Diagnostics;
using System.Text.Json;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Portal.Tests.Hosting;

/// <summary>
/// The real host as a process of its own, on a free port, with databases and a data folder of its own and the model in the box.
/// Made from a seed with one account per role, so that tests sign in as people do.
/// </summary>
public sealed class PortalHost : IAsyncDisposable
{
    public const string Matter = "Nordlicht";
    public const string WalledMatter = "Geheimsache";

    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(120);

    private readonly TestDatabases _databases;
    private readonly List<string> _output = [];
    private Process? _process;

    private PortalHost(TestDatabases databases) => _databases = databases;

    /// <summary>Where it listens, for example http://127.0.0.1:40123/.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    public string DataDirectory => _databases.DataDirectory;

    public TestDatabases Databases => _databases;

    /// <summary>What the host wrote to its console so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Starts a host on its own installation in the cluster and waits until it is live.</summary>
    public static async Task<PortalHost> StartAsync(PostgresCluster cluster)
    {
        var host = new PortalHost(cluster.NewInstallation());
        await host.RunAsync();
        return host;
    }

    /// <summary>The host on another installation: the caller sets its configuration and disposes it with the host.</summary>
    public static async Task<PortalHost> StartAsync(TestDatabases installation)
    {
        var host = new PortalHost(installation);
        await host.RunAsync();
        return host;
    }

    /// <summary>kill -9: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        var running = _process ?? throw new InvalidOperationException("The host does not run.");
        running.Kill();
        await running.WaitForExitAsync();
        running.Dispose();
        _process = null;
        File.Delete(Path.Combine(DataDirectory, "portal.url"));
    }

    /// <summary>Starts it again on the same installation.</summary>
    public Task RestartAsync() => RunAsync();

    public string Password(string account) => string.Equals(account, "admin", StringComparison.Ordinal)
        ? Output.Split("the password ")[1].Split(' ')[0]
        : File.ReadAllText(Path.Combine(DataDirectory, $"{account}.password")).Trim();

    public string Token(string account) => File.ReadAllText(Path.Combine(DataDirectory, $"{account}.token")).Trim();

    /// <summary>A client of the API with the account's personal token; without one for null.</summary>
    public HttpClient Client(string? account)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(120) };
        if (account is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", Token(account));
        }

        return client;
    }

    /// <summary>Uploads files of the sample matter and waits until all are ready.</summary>
    public async Task<IReadOnlyList<JsonElement>> IngestAsync(string account, string matter, params string[] files)
    {
        using var client = Client(account);
        using var form = new MultipartFormDataContent { { new StringContent(matter), "matter" } };
        foreach (var file in files)
        {
            form.Add(new StreamContent(File.OpenRead(file)), "files", Path.GetFileName(file));
        }

        using var response = await client.PostAsync(new Uri("api/documents/", UriKind.Relative), form);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}\n{Output}");
        }

        return await WaitUntilSettledAsync(account);
    }

    /// <summary>The account's documents once none is on its way any more.</summary>
    public async Task<IReadOnlyList<JsonElement>> WaitUntilSettledAsync(string account)
    {
        using var client = Client(account);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var documents = JsonDocument.Parse(await client.GetStringAsync(new Uri("api/documents/", UriKind.Relative))).RootElement.EnumerateArray().ToList();
            if (documents.Count > 0 && documents.TrueForAll(static d => d.GetProperty("state").GetString() is "ready" or "failed"))
            {
                return documents;
            }

            if (watch.Elapsed > s_startLimit)
            {
                throw new TimeoutException($"Documents are not ready: {string.Join(", ", documents)}\n{Output}");
            }

            await Task.Delay(300);
        }
    }

    public static string Sample(string name) => Path.Combine(RepositoryFiles.Root, "deploy", "samples", "documents", name);

    public async ValueTask DisposeAsync()
    {
        if (_process is { } running)
        {
            if (!running.HasExited)
            {
                running.Kill(); // nothing is lost by it: that is what the ledger and the queue are for
            }

            await running.WaitForExitAsync();
            running.Dispose();
        }

        await _databases.DisposeAsync();
    }

    private async Task RunAsync()
    {
        var seed = Path.Combine(DataDirectory, "seed.json");
        await File.WriteAllTextAsync(seed, Seed());
        var program = Path.Combine(RepositoryFiles.Root, "src", "EnterpriseRag.Portal", "bin", "Release", "net10.0", "EnterpriseRag.Portal.dll");
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = DataDirectory };
        start.ArgumentList.Add(program);
        foreach (var (key, value) in _databases.Configuration.Concat(
        [
            KeyValuePair.Create<string, string?>("Portal:Url", "http://127.0.0.1:0"),
            KeyValuePair.Create<string, string?>("Portal:Seed:File", seed),
            KeyValuePair.Create<string, string?>("Models:Directory", Path.Combine(RepositoryFiles.Root, "deploy", "models")),
        ]))
        {
            start.ArgumentList.Add($"--{key}={value}");
        }

        _process = Process.Start(start)!; // null only with UseShellExecute
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var address = Path.Combine(DataDirectory, "portal.url");
        var watch = Stopwatch.StartNew();
        while (!File.Exists(address))
        {
            if (_process.HasExited || watch.Elapsed > s_startLimit)
            {
                throw new InvalidOperationException($"The host did not start:\n{Output}");
            }

            await Task.Delay(100);
        }

        Url = new Uri((await File.ReadAllTextAsync(address)).Trim() + "/");
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.Add(line);
            }
        }
    }

    private static string Seed() => JsonSerializer.Serialize(new
    {
        accounts = new[]
        {
            Account("lena", "Lena Brandt", "reader"),
            Account("tom", "Tom Walled", "reader"),
            Account("otto", "Otto Forgetful", "reader"),
            Account("clara", "Clara Compliance", "compliance-officer"),
        },
        matters = new[] { NewMatter(Matter, ("lena", "owner")), NewMatter(WalledMatter, ("tom", "owner")) },
    });

    private static object Account(string name, string display, string role) =>
        new { name, displayName = display, roles = new[] { role }, passwordFile = $"{name}.password", tokenFile = $"{name}.token" };

    private static object NewMatter(string name, params (string Account, string Role)[] members) => new
    {
        name,
        purpose = "contract-review",
        legalBasis = "art6-1-f",
        retentionClass = "std-12m",
        recordingLevel = "content",
        members = members.Select(static m => new { account = m.Account, role = m.Role }),
    };
}
