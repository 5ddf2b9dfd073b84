using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EnterpriseRag.Inference.Tests.Remote;

/// <summary>A server on loopback that misbehaves as it is told: each connection gets the next script, the last one for ever. Bytes are written as they stand.</summary>
internal sealed class BrokenServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<NetworkStream, CancellationToken, Task>[] _scripts;
    private readonly Task _loop;
    private int _next;

    public BrokenServer(params Func<NetworkStream, CancellationToken, Task>[] scripts)
    {
        _scripts = scripts;
        _listener.Start();
        _loop = RunAsync();
    }

    public Uri BaseUrl => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1");

    /// <summary>Heads and bodies as they came.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static Func<NetworkStream, CancellationToken, Task> Answer(int status, string body, params string[] headers) => (stream, token) =>
        stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n{body}"), token).AsTask();

    /// <summary>Events, then what <paramref name="after"/> does; the connection is closed without the end of the body unless it is complete.</summary>
    public static Func<NetworkStream, CancellationToken, Task> Stream(string[] events, Func<CancellationToken, Task>? after = null) => async (stream, token) =>
    {
        var body = string.Concat(events.Select(e => $"data: {e}\n\n"));
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{Encoding.UTF8.GetByteCount(body):x}\r\n{body}\r\n"), token);
        if (after is not null)
        {
            await after(token);
            return;
        }

        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), token);
    };

    public static string Delta(string text, string? finish = null) =>
        $$"""{"choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":{{(finish is null ? "null" : $"\"{finish}\"")}}}]}""";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true)
            {
                served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                Requests.Enqueue(await ReadRequestAsync(stream));
                await _scripts[Math.Min(Interlocked.Increment(ref _next) - 1, _scripts.Length - 1)](stream, _stop.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // the client left, or the test is over
            }
        }
    }

    private async Task<string> ReadRequestAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[64 << 10];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            var all = text.ToString();
            var end = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (read == 0 || (end > 0 && all.Split("Content-Length: ") is [_, var rest, ..] && Encoding.UTF8.GetByteCount(all[(end + 4)..]) >= int.Parse(rest.Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture)))
            {
                return all;
            }
        }
    }
}
