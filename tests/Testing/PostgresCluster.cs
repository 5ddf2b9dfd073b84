using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace EnterpriseRag.Testing;

/// <summary>
/// A private Postgres cluster for tests, durable as production must be (fsync, checksums). A supervising shell owns the server: when this process
/// ends, however it ends, the shell's input closes, and the shell stops the server and deletes the folder.
/// Most tests share one: <see cref="SharedAsync"/>. A test that stops or kills the server starts its own: <see cref="StartAsync"/>.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    // dir, bin, then the server's arguments. Commands come line by line; the end of input means that the test process is gone.
    private const string Supervisor =
        """
        trap : INT TERM
        dir=$1; bin=$2; shift 2
        "$bin/postgres" -D "$dir/data" "$@" </dev/null >>"$dir/log" 2>&1 &
        pid=$!
        read -r command || command=end
        case $command in
          stop) kill -INT $pid; wait $pid ;;
          kill) kill -KILL $(cat /proc/$pid/task/$pid/children) $pid; wait $pid ;;
          end) kill -QUIT $pid; wait $pid; rm -rf "$dir" ;;
        esac
        """;

    private static readonly Lazy<Task<PostgresCluster>> s_shared = new(() => StartAsync());
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private Process? _supervisor;
    private long _logAtLaunch;
    private int _setsMade;

    private readonly string[] _settings;

    private PostgresCluster(string folder, string[] settings)
    {
        _folder = folder;
        _settings = settings;
    }

    /// <summary>TCP port on 127.0.0.1; stays the same over <see cref="StopAsync"/> and <see cref="RestartAsync"/>.</summary>
    public int Port { get; private set; }

    /// <summary>Folder of the Unix socket; usable as <c>Database:Host</c>.</summary>
    public string SocketFolder => _folder;

    /// <summary>The server's data folder, for tests that change its configuration files.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Superuser connection string to the maintenance database.</summary>
    public string AdminConnection => $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres;Timeout=5;Command Timeout=60";

    /// <summary>The process's common cluster, started on first use and stopped with the process.</summary>
    public static Task<PostgresCluster> SharedAsync() => s_shared.Value;

    /// <summary>Makes and starts a cluster (about 2 s).</summary>
    /// <param name="settings">Further server settings as <c>name=value</c>; they win over ours.</param>
    /// <exception cref="InvalidOperationException">Postgres is not installed, or did not start; the message holds its log.</exception>
    public static async Task<PostgresCluster> StartAsync(params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("rag-pg-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres:", folder); // the server refuses to run as root
        }

        var cluster = new PostgresCluster(folder, settings);
        await RunAsync(AsServerUser([Path.Combine(PostgresBinaries.Folder, "initdb"), "-D", Path.Combine(folder, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-sync"]));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.End();
        await cluster.RestartAsync();
        return cluster;
    }

    /// <summary>A fresh installation: three databases with roles of their own and all migrations. Give the migrations of the modules above Storage.</summary>
    public async Task<TestDatabases> CreateDatabasesAsync(params IEnumerable<Storage.Postgres.MigrationSource> migrations)
    {
        var databases = NewInstallation();
        await databases.SetUpAsync(migrations);
        return databases;
    }

    /// <summary>Names and a data folder for a fresh installation; nothing is created in the cluster. For hosts that set themselves up.</summary>
    public TestDatabases NewInstallation() => new(this, $"t{Interlocked.Increment(ref _setsMade)}_");

    /// <summary>Starts the server on its data as it is: the first time, after <see cref="StopAsync"/>, or after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            Port = Port == 0 ? FreePort() : Port;
            Launch();
            var failure = await WaitUntilReadyAsync();
            if (failure is null)
            {
                return;
            }

            // Another process may have taken the port between our look and the server's.
            if (attempt == 3 || !failure.Contains("could not bind", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"Postgres did not start:\n{failure}");
            }

            Port = 0;
        }
    }

    /// <summary>Orderly stop (pg_ctl's fast mode): connections break, data is complete.</summary>
    public Task StopAsync() => CommandAsync("stop");

    /// <summary>SIGKILL to the server and all its children: what a crash leaves is what the next start recovers.</summary>
    public Task KillAsync() => CommandAsync("kill");

    public async ValueTask DisposeAsync()
    {
        if (_supervisor is { } running)
        {
            _supervisor = null;
            running.StandardInput.Close();
            await running.WaitForExitAsync();
            running.Dispose();
        }
        else
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    // Without waiting: the supervisor stops the server and deletes its folder on its own, and the test run need not watch.
    private void End() => Interlocked.Exchange(ref _supervisor, null)?.StandardInput.Close();

    private void Launch()
    {
        string[] server =
        [
            "sh", "-c", Supervisor, "postgres-supervisor", _folder, PostgresBinaries.Folder,
            "-p", $"{Port}", "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "wal_level=replica",
            "-c", "shared_buffers=32MB", "-c", "max_connections=200", "-c", "max_wal_size=256MB", "-c", "dynamic_shared_memory_type=mmap",
            .. _settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        _logAtLaunch = LogLength();
        _supervisor = Start(AsServerUser(server), inherit: true); // it says nothing; an unread pipe could fill
    }

    private async Task<string?> WaitUntilReadyAsync()
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(AdminConnection + ";Pooling=false");
                await connection.OpenAsync();
                return null;
            }
            catch (NpgsqlException) when (watch.Elapsed < s_startLimit && IsServerAlive())
            {
                await Task.Delay(50); // starting up or recovering
            }
            catch (NpgsqlException)
            {
                var log = await File.ReadAllTextAsync(Path.Combine(_folder, "log"));
                await StopAsync();
                return log;
            }
        }
    }

    // The supervisor outlives a server that failed to start, because it waits for a command.
    // A server that was stopped before has left its log: only what came after this launch tells anything.
    private bool IsServerAlive() => File.Exists(Path.Combine(_folder, "data", "postmaster.pid")) || LogLength() == _logAtLaunch;

    private long LogLength() => new FileInfo(Path.Combine(_folder, "log")) is { Exists: true } log ? log.Length : 0;

    private async Task CommandAsync(string command)
    {
        var running = _supervisor ?? throw new InvalidOperationException("The cluster is not running.");
        _supervisor = null;
        await running.StandardInput.WriteLineAsync(command);
        running.StandardInput.Close();
        await running.WaitForExitAsync();
        running.Dispose();
        NpgsqlConnection.ClearAllPools();
    }

    private static string[] AsServerUser(string[] command) => Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", .. command] : command;

    private static Process Start(string[] command, bool inherit = false)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = !inherit,
            RedirectStandardError = !inherit,
            WorkingDirectory = "/",
        };
        return Process.Start(start)!; // null only with UseShellExecute
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} failed ({process.ExitCode}):\n{await output}{await error}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
