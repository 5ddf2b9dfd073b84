using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EnterpriseRag.Inference.Generation;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace EnterpriseRag.Inference.Remote;

/// <summary>
/// Calls of one remote server: bearer key, limits, retries, circuit breaker. Retried is only what has not cost the server an answer, or what may be asked twice:
/// no connection, 429, 502 and 503; 500, 504 and a lost connection for calls without effect (embeddings). Never once a byte of an answer was read.
/// Follows no redirect, uses no proxy, keeps no cookie: what is configured is where the prompt goes. Thread-safe.
/// </summary>
internal sealed class RemoteTransport : IDisposable
{
    private static readonly ResiliencePropertyKey<bool> s_repeatable = new("repeatable");

    private readonly RemoteOptions _options;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

    public RemoteTransport(IOptions<RemoteOptions> options, TimeProvider time)
    {
        _options = options.Value;
        Host = _options.BaseAddress.Authority;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(Math.Min(10, _options.TimeoutSeconds)),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 32, // KB
        })
        {
            BaseAddress = _options.BaseAddress,
            Timeout = Timeout.InfiniteTimeSpan, // the pipeline and the readers have their own
        };
        _http.DefaultRequestHeaders.Authorization = RemoteKey.Read(_options) is { } key ? new AuthenticationHeaderValue("Bearer", key.Reveal()) : null;
        _pipeline = BuildPipeline(_options, time);
    }

    /// <summary>Host and port: for messages and the name of the engine.</summary>
    public string Host { get; }

    /// <summary>Posts JSON and returns the answer, whose headers alone are read. The caller disposes it.</summary>
    /// <param name="path">Below the endpoint.</param>
    /// <param name="json">The body.</param>
    /// <param name="repeatable">The call has no effect there: asking twice is harmless.</param>
    /// <param name="cancellationToken">Ends attempts and waits.</param>
    /// <exception cref="RemoteModelException">No usable answer.</exception>
    /// <exception cref="GenerationBusyException">The server has no room, and its Retry-After is longer than we wait.</exception>
    /// <exception cref="ArgumentException">The server refuses the request itself (400, 422).</exception>
    public async Task<HttpResponseMessage> PostAsync(string path, string json, bool repeatable, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(s_repeatable, repeatable);
        HttpResponseMessage response;
        try
        {
            response = await _pipeline.ExecuteAsync(
                static async (c, state) =>
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(state.path, UriKind.Relative)) { Content = new StringContent(state.json, Encoding.UTF8, "application/json") };
                    return await state._http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, c.CancellationToken);
                },
                context,
                (_http, path, json));
        }
        catch (BrokenCircuitException e)
        {
            throw new RemoteModelException($"The model server {Host} failed several times; it is asked again in {_options.BreakSeconds:F0} s at the latest.", e);
        }
        catch (TimeoutRejectedException e)
        {
            throw new RemoteModelException(string.Create(CultureInfo.InvariantCulture, $"The model server {Host} gave no answer within {_options.TimeoutSeconds:0.#} s."), e);
        }
        catch (HttpRequestException e)
        {
            throw new RemoteModelException($"The model server {Host} cannot be reached ({e.HttpRequestError}).", e);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await RefusalAsync(response, cancellationToken);
        }
    }

    /// <summary>The whole body, at most the permitted length.</summary>
    /// <exception cref="RemoteModelException">It is longer, silent for too long, or cut.</exception>
    public async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = new LimitedBody(await response.Content.ReadAsStreamAsync(cancellationToken), _options, Host);
        using var bytes = new MemoryStream();
        var buffer = new byte[16 << 10];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    /// <summary>The body as a stream with the same limits. The caller disposes it.</summary>
    public async Task<LimitedBody> OpenAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        new(await response.Content.ReadAsStreamAsync(cancellationToken), _options, Host);

    public void Dispose() => _http.Dispose();

    private static ResiliencePipeline<HttpResponseMessage> BuildPipeline(RemoteOptions options, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (options.MaxAttempts > 1)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.MaxAttempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromSeconds(options.RetrySeconds),
                ShouldHandle = a => ValueTask.FromResult(MayRepeat(a.Outcome, a.Context.Properties.GetValue(s_repeatable, defaultValue: false), options)),
                DelayGenerator = a => ValueTask.FromResult(RetryAfter(a.Outcome.Result, time)),
                OnRetry = static a =>
                {
                    a.Outcome.Result?.Dispose(); // nobody reads it any more
                    return ValueTask.CompletedTask;
                },
            });
        }

        return builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                FailureRatio = 0.5,
                MinimumThroughput = options.BreakAfter,
                SamplingDuration = TimeSpan.FromSeconds(Math.Max(30, options.BreakSeconds)),
                BreakDuration = TimeSpan.FromSeconds(options.BreakSeconds),
                // A server that says that it is busy is well; one that refuses a request is too.
                ShouldHandle = static a => ValueTask.FromResult(a.Outcome.Exception is HttpRequestException or TimeoutRejectedException || a.Outcome.Result is { StatusCode: >= HttpStatusCode.InternalServerError }),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = TimeSpan.FromSeconds(options.TimeoutSeconds) })
            .Build();
    }

    private static bool MayRepeat(Outcome<HttpResponseMessage> outcome, bool repeatable, RemoteOptions options) => outcome switch
    {
        { Exception: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } } => true,
        { Exception: HttpRequestException or TimeoutRejectedException } => repeatable,
        { Result.StatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable } => RetryAfter(outcome.Result, TimeProvider.System) is not { } wait || wait.TotalSeconds <= options.MaxRetryAfterSeconds,
        { Result.StatusCode: HttpStatusCode.BadGateway } => true,
        { Result.StatusCode: HttpStatusCode.InternalServerError or HttpStatusCode.GatewayTimeout } => repeatable,
        _ => false,
    };

    private static TimeSpan? RetryAfter(HttpResponseMessage? response, TimeProvider time) => response?.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    private async Task<Exception> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        switch (response.StatusCode)
        {
            case HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge:
                return new ArgumentException($"The model server {Host} refuses the request: {RemoteJson.ErrorMessage(await ReadAsync(response, cancellationToken))}");
            case HttpStatusCode.TooManyRequests:
                return new GenerationBusyException(RetryAfter(response, TimeProvider.System) ?? TimeSpan.FromSeconds(5));
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                return new RemoteModelException($"The model server {Host} refuses our key ({status}). Check Inference:Remote:ApiKeyFile.");
            case HttpStatusCode.NotFound:
                return new RemoteModelException($"The model server {Host} does not know the model or the address (404). Check Inference:Remote:Endpoint and the name of the model.");
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                return new RemoteModelException($"The model server {Host} points elsewhere ({status}); redirects are not followed. Set Inference:Remote:Endpoint to the final address.");
            default:
                return new RemoteModelException($"The model server {Host} failed ({status}).");
        }
    }
}
