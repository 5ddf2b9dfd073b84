using System.ComponentModel.DataAnnotations;
using System.Net;
using EnterpriseRag.Foundation;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Remote;

/// <summary>
/// Models on another server, in OpenAI's form (vLLM, another installation of this product, a gateway). Off unless an endpoint is named: with one, prompts and the
/// passages in them leave this machine for that host and no other (docs/adr/0018).
/// </summary>
public sealed class RemoteOptions
{
    public const string Section = "Inference:Remote";

    /// <summary>Base address up to and with the version, for example https://models.example.com/v1. Empty: no remote models.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The host of <see cref="Endpoint"/> once more: nobody sends prompts away by a slip of the pen or by one variable alone.</summary>
    public string? AllowedHost { get; set; }

    /// <summary>File of mode 0600 with the key that is sent as bearer; empty: none is sent.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>Name of the language model there; empty: the local one is used.</summary>
    public string? ChatModel { get; set; }

    /// <summary>Tokens that prompt and answer may have together.</summary>
    [Range(256, 1 << 22, ErrorMessage = "Inference:Remote:ContextTokens must lie between 256 and 4194304.")]
    public int ContextTokens { get; set; } = 8192;

    /// <summary>ISO 639-1 codes of the languages in which the remote model may write, separated by commas; empty: it may not write answers, only /v1 reaches it.</summary>
    public string Languages { get; set; } = "";

    /// <summary>Name of the embedding model there; empty: the local one is used. Another model means a new index.</summary>
    public string? EmbeddingModel { get; set; }

    /// <summary>Length of its vectors; needed with <see cref="EmbeddingModel"/>.</summary>
    [Range(0, 1 << 16, ErrorMessage = "Inference:Remote:Dimensions must lie between 1 and 65536.")]
    public int Dimensions { get; set; }

    /// <summary>Put before a query.</summary>
    public string QueryPrefix { get; set; } = "";

    /// <summary>Put before a passage.</summary>
    public string PassagePrefix { get; set; } = "";

    /// <summary>Texts in one embedding call.</summary>
    [Range(1, 2048, ErrorMessage = "Inference:Remote:BatchTexts must lie between 1 and 2048.")]
    public int BatchTexts { get; set; } = 64;

    /// <summary>Seconds until the first byte of an answer, each attempt.</summary>
    [Range(1, 3600, ErrorMessage = "Inference:Remote:TimeoutSeconds must lie between 1 and 3600.")]
    public double TimeoutSeconds { get; set; } = 100;

    /// <summary>Seconds that a running answer may be silent.</summary>
    [Range(0.1, 3600, ErrorMessage = "Inference:Remote:SilenceSeconds must lie between 0.1 and 3600.")]
    public double SilenceSeconds { get; set; } = 60;

    /// <summary>Calls of the server for one request, the first included.</summary>
    [Range(1, 10, ErrorMessage = "Inference:Remote:MaxAttempts must lie between 1 and 10.")]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Seconds before the second attempt; doubles, with jitter. The server's own Retry-After goes before it.</summary>
    [Range(0.01, 60, ErrorMessage = "Inference:Remote:RetrySeconds must lie between 0.01 and 60.")]
    public double RetrySeconds { get; set; } = 0.5;

    /// <summary>Longest Retry-After that is waited for; a longer one is passed on to the caller.</summary>
    [Range(0, 600, ErrorMessage = "Inference:Remote:MaxRetryAfterSeconds must lie between 0 and 600.")]
    public double MaxRetryAfterSeconds { get; set; } = 10;

    /// <summary>Calls within half a minute from which on a server that fails every second one is left alone for a while.</summary>
    [Range(2, 1000, ErrorMessage = "Inference:Remote:BreakAfter must lie between 2 and 1000.")]
    public int BreakAfter { get; set; } = 5;

    /// <summary>How long, in seconds.</summary>
    [Range(0.5, 3600, ErrorMessage = "Inference:Remote:BreakSeconds must lie between 0.5 and 3600.")]
    public double BreakSeconds { get; set; } = 30;

    /// <summary>Longest answer that is read, in bytes.</summary>
    [Range(1024, 1 << 30, ErrorMessage = "Inference:Remote:MaxResponseBytes must lie between 1024 and 1073741824.")]
    public long MaxResponseBytes { get; set; } = 32 << 20;

    public bool IsOn => !string.IsNullOrWhiteSpace(Endpoint);

    internal bool HasChat => IsOn && !string.IsNullOrWhiteSpace(ChatModel);

    internal bool HasEmbedding => IsOn && !string.IsNullOrWhiteSpace(EmbeddingModel);

    /// <summary>With a final slash, so that relative addresses stay below it.</summary>
    internal Uri BaseAddress => new((Endpoint ?? "").TrimEnd('/') + "/", UriKind.Absolute);

    internal IReadOnlyList<string> LanguageCodes => Languages.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Reads the key anew for each client, so that a changed file needs a restart and nothing else.</summary>
internal static class RemoteKey
{
    /// <exception cref="SecretFileException">The file is missing, or others can read it.</exception>
    public static Secret? Read(RemoteOptions options) => string.IsNullOrWhiteSpace(options.ApiKeyFile) ? null
        : SecretFile.ReadIfPresent(Path.GetFullPath(options.ApiKeyFile)) is { } bytes ? new Secret(System.Text.Encoding.UTF8.GetString(bytes).Trim())
        : throw new SecretFileException($"Inference:Remote:ApiKeyFile: there is no file '{options.ApiKeyFile}'.");
}

internal sealed class RemoteOptionsValidator : IValidateOptions<RemoteOptions>
{
    public ValidateOptionsResult Validate(string? name, RemoteOptions options) => options.IsOn && Fault(options) is { } fault
        ? ValidateOptionsResult.Fail(fault)
        : ValidateOptionsResult.Success;

    private static string? Fault(RemoteOptions options)
    {
        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var endpoint) || (!IsScheme(endpoint, Uri.UriSchemeHttps) && !IsScheme(endpoint, Uri.UriSchemeHttp))
            || endpoint.Query.Length > 0 || endpoint.UserInfo.Length > 0)
        {
            return "Inference:Remote:Endpoint must be an address such as https://models.example.com/v1, without a query or a password.";
        }

        if (!IsScheme(endpoint, Uri.UriSchemeHttps) && !IsThisMachine(endpoint))
        {
            return "Inference:Remote:Endpoint must be https: prompts are not sent over the network in the clear.";
        }

        return !string.Equals(endpoint.Host, options.AllowedHost, StringComparison.OrdinalIgnoreCase) ? $"Inference:Remote:AllowedHost must name the host of the endpoint ('{endpoint.Host}'): prompts leave this machine for it."
            : !options.HasChat && !options.HasEmbedding ? "Inference:Remote: name a ChatModel or an EmbeddingModel, or leave the endpoint out."
            : options.HasEmbedding && options.Dimensions == 0 ? "Inference:Remote:Dimensions must give the length of the embedding model's vectors."
            : null;
    }

    private static bool IsScheme(Uri address, string scheme) => string.Equals(address.Scheme, scheme, StringComparison.OrdinalIgnoreCase);

    private static bool IsThisMachine(Uri endpoint) =>
        string.Equals(endpoint.Host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(endpoint.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
