using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using EnterpriseRag.Cli.Commands;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Cli.Server;

/// <summary>The host's REST API with a personal access token. The token never leaves for another server: no redirects, and plain HTTP only on this machine.</summary>
internal sealed class RagClient : IDisposable
{
    private readonly HttpClient _http;

    public RagClient(Uri server, Secret token)
    {
        if (server.Scheme is not "https" and not "http" || (server.Scheme is "http" && !server.IsLoopback))
        {
            throw new CommandFailedException(ExitCode.Usage, $"{server} is neither https nor this machine: the token would travel in the open. Use the https address.");
        }

        // A proxy from the environment must not see requests to this machine, nor answer for it. No timeout: an answer may stream for minutes.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !server.IsLoopback, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            BaseAddress = server,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
    }

    /// <summary>Server and token from the options, the environment, or the data folder of this machine's installation.</summary>
    public static RagClient From(ParseResult arguments, InstallationSettings settings)
    {
        var server = arguments.GetValue(CommonOptions.Server) ?? settings.Configuration["RAG_SERVER"] ?? InstallationSettings.ReadLine(settings.Data.Sub("portal.url"))
            ?? throw new CommandFailedException(ExitCode.Usage, $"No server: give --server or RAG_SERVER, or start the host on this machine (it writes {settings.Data.Sub("portal.url")}).");
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address))
        {
            throw new CommandFailedException(ExitCode.Usage, $"'{server}' is not an address such as http://127.0.0.1:5080.");
        }

        var file = arguments.GetValue(CommonOptions.TokenFile) ?? settings.Configuration["RAG_TOKEN_FILE"] ?? settings.Data.Sub("demo.token");
        var token = SecretFile.ReadIfPresent(file) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes).Trim() : null;
        return token is not null && AccessToken.Hash(token) is not null
            ? new RagClient(address, new Secret(token))
            : throw new CommandFailedException(ExitCode.NotPermitted, $"{file} holds no personal access token. Make one under 'My access' in the portal or with 'rag token create', and name its file with --token-file or RAG_TOKEN_FILE.");
    }

    public Task<IReadOnlyList<MatterItem>> MattersAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<MatterItem>>("api/matters/", cancellationToken);

    /// <summary>Ids of matters given by id or by name; null for none given.</summary>
    public async Task<IReadOnlyList<Guid>?> FindMattersAsync(IReadOnlyList<string> namesOrIds, CancellationToken cancellationToken)
    {
        if (namesOrIds.Count == 0)
        {
            return null;
        }

        var matters = await MattersAsync(cancellationToken);
        return
        [
            .. namesOrIds.Select(wanted => matters.FirstOrDefault(matter => Guid.TryParse(wanted, out var id) ? matter.Id == id : string.Equals(matter.Name, wanted, StringComparison.OrdinalIgnoreCase))?.Id
                ?? throw new CommandFailedException(ExitCode.NotFound, $"There is no matter '{wanted}' among yours. Yours: {string.Join(", ", matters.Select(matter => $"'{matter.Name}'"))}.")),
        ];
    }

    public async Task<UploadedFile> UploadAsync(string matter, string path, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(path);
        using var form = new MultipartFormDataContent { { new StringContent(matter), "matter" }, { new StreamContent(content), "files", Path.GetFileName(path) } };
        using var response = await _http.PostAsync(new Uri("api/documents/", UriKind.Relative), form, cancellationToken);
        await RequireAsync(response, cancellationToken);
        return await ReadAsync<IReadOnlyList<UploadedFile>>(response, cancellationToken) is [var uploaded] ? uploaded : throw Unreadable("an upload");
    }

    public Task<IReadOnlyList<DocumentItem>> DocumentsAsync(Guid matter, CancellationToken cancellationToken) =>
        GetAsync<IReadOnlyList<DocumentItem>>($"api/documents/?matter={matter:D}", cancellationToken);

    public async Task<SearchAnswer> SearchAsync(string text, int k, IReadOnlyList<Guid>? matters, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("api/search", new { text, k, matters }, CliJson.Options, cancellationToken);
        await RequireAsync(response, cancellationToken);
        return await ReadAsync<SearchAnswer>(response, cancellationToken);
    }

    /// <summary>The events of an answer in order, as they arrive. The stream may end without a last event: the caller has to notice.</summary>
    public async IAsyncEnumerable<object> AskAsync(string text, string mode, IReadOnlyList<Guid>? matters, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/answers") { Content = JsonContent.Create(new { text, mode, matters }, options: CliJson.Options) };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await RequireAsync(response, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (Event(item.EventType, item.Data) is { } known)
            {
                yield return known;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static object? Event(string type, string data)
    {
        try
        {
            return type switch
            {
                "started" => Parse<StartedEvent>(data),
                "quotations" => Parse<QuotationsEvent>(data),
                "declined" => Parse<DeclinedEvent>(data),
                "sentence" => Parse<SentenceEvent>(data),
                "final" => Parse<FinalEvent>(data),
                "audit_abort" => Parse<AuditAbortEvent>(data),
                "error" => Parse<ErrorEvent>(data),
                _ => null, // a newer host may send more
            };
        }
        catch (JsonException e)
        {
            throw Unreadable($"the event '{type}'", e);
        }
    }

    private static T Parse<T>(string data)
        where T : class => JsonSerializer.Deserialize<T>(data, CliJson.Options) ?? throw new JsonException("null");

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        await RequireAsync(response, cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(CliJson.Options, cancellationToken) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw Unreadable("an answer", e);
        }
    }

    /// <summary>Turns a refusal into its exit code; the problem's detail says what to do.</summary>
    private static async Task RequireAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        ProblemItem? problem = null;
        try
        {
            problem = await response.Content.ReadFromJsonAsync<ProblemItem>(CliJson.Options, cancellationToken);
        }
        catch (JsonException)
        {
            // not a problem document (a proxy's page, an empty 401): the status has to do
        }

        var message = problem?.Detail is { Length: > 0 } detail ? $"{problem.Title} {detail}".TrimStart()
            : response.StatusCode == HttpStatusCode.Unauthorized ? "The token is unknown, expired or revoked. Make a new one under 'My access' in the portal or with 'rag token create'."
            : $"The server answered {(int)response.StatusCode} {response.ReasonPhrase}.";
        throw new CommandFailedException(
            response.StatusCode switch
            {
                HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge => ExitCode.Refused,
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotPermitted,
                HttpStatusCode.NotFound => ExitCode.NotFound,
                _ => ExitCode.Unavailable,
            },
            message);
    }

    private static CommandFailedException Unreadable(string what, Exception? inner = null) =>
        new(ExitCode.Unavailable, $"The server sent {what} that this version cannot read. Use the rag of the same version as the host.", inner);
}
