using System.Globalization;

namespace EnterpriseRag.Inference.Remote;

/// <summary>A response body that may neither grow beyond the permitted length nor be silent for longer than permitted.</summary>
internal sealed class LimitedBody(Stream inner, RemoteOptions options, string host) : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private long _total;
    private int _start;
    private int _end;

    /// <returns>0 at the end.</returns>
    /// <exception cref="RemoteModelException">Too long, too slow, or cut.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(TimeSpan.FromSeconds(options.SilenceSeconds));
        try
        {
            var read = await inner.ReadAsync(target, silence.Token);
            _total += read;
            return _total <= options.MaxResponseBytes ? read : throw new RemoteModelException($"The answer of the model server {host} is longer than {options.MaxResponseBytes} bytes (Inference:Remote:MaxResponseBytes).");
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RemoteModelException(string.Create(CultureInfo.InvariantCulture, $"The model server {host} was silent for {options.SilenceSeconds:0.#} s in the middle of an answer."), e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new RemoteModelException($"The connection to the model server {host} broke in the middle of an answer.", e);
        }
    }

    /// <summary>The next line without its end; null at the end of the body.</summary>
    public async ValueTask<byte[]?> ReadLineAsync(CancellationToken cancellationToken)
    {
        using var line = new MemoryStream();
        while (true)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await ReadAsync(_buffer, cancellationToken));
                if (_end == 0)
                {
                    return line.Length > 0 ? line.ToArray() : null;
                }
            }

            var rest = _buffer.AsMemory(_start, _end - _start);
            var stop = rest.Span.IndexOf((byte)'\n');
            line.Write(rest.Span[..(stop < 0 ? rest.Length : stop)]);
            _start += stop < 0 ? rest.Length : stop + 1;
            if (stop >= 0)
            {
                var bytes = line.ToArray();
                return bytes is [.. var before, (byte)'\r'] ? before : bytes;
            }
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
