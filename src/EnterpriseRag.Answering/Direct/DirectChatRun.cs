using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Answering.Direct;

/// <summary>A piece of the answer that the ledger has: text, calls of tools, or log probabilities of its tokens.</summary>
public sealed record DirectChatPart(string Text, IReadOnlyList<FunctionCallContent> Calls, IReadOnlyList<TokenLogProbability> Logprobs);

/// <summary>How the answer ended.</summary>
/// <param name="Finish">Why.</param>
/// <param name="Usage">Tokens.</param>
/// <param name="Receipt">Where the response leaf stands.</param>
public sealed record DirectChatEnd(ChatFinishReason Finish, UsageDetails Usage, Receipt Receipt);

/// <summary>
/// An answer under way. A streamed part is spooled before it is given out; the last part, and all of an answer that is not streamed, only after the response
/// record. Read <see cref="PartsAsync"/> once, then <see cref="End"/>; dispose it always: an answer that was not read to its end is recorded as aborted, and its
/// generation stops.
/// </summary>
public sealed class DirectChatRun : IAsyncDisposable
{
    // ledger.md 2.8 step 5: a group is spooled every 50 ms or 16 tokens.
    private const int GroupUpdates = 16;
    private static readonly TimeSpan s_groupTime = TimeSpan.FromMilliseconds(50);

    private readonly OpenRequest _request;
    private readonly AuditLedger _ledger;
    private readonly bool _isStreamed;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly StringBuilder _all = new();
    private readonly PartBuilder _pending = new();
    private IAsyncEnumerator<ChatResponseUpdate>? _updates;
    private bool _hasUpdate;
    private long _firstShown;
    private long _lastGroup;
    private int _groupUpdates;
    private UsageDetails? _usage;
    private ChatFinishReason? _finish;

    internal DirectChatRun(OpenRequest request, AuditLedger ledger, GenerationModelInfo model, bool isStreamed, TimeProvider time)
    {
        (_request, _ledger, Model, _isStreamed, _time) = (request, ledger, model, isStreamed, time);
        _started = _lastGroup = time.GetTimestamp();
    }

    public RequestId Id => _request.Id;

    public GenerationModelInfo Model { get; }

    /// <summary>Null until all parts were read.</summary>
    public DirectChatEnd? End { get; private set; }

    /// <summary>Waits for the first token, so that what the model refuses is known before anything is shown.</summary>
    internal async Task StartAsync(IAsyncEnumerable<ChatResponseUpdate> updates, CancellationToken cancellationToken)
    {
        _updates = updates.GetAsyncEnumerator(cancellationToken);
        _hasUpdate = await _updates.MoveNextAsync();
    }

    /// <exception cref="AuditUnavailableException">The ledger stopped writing: what was not given out yet is withheld, and the answer is void.</exception>
    public async IAsyncEnumerable<DirectChatPart> PartsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var updates = _updates ?? throw new InvalidOperationException("The answer was not started.");
        while (_hasUpdate)
        {
            Take(updates.Current);
            if (_isStreamed && IsGroupComplete() && _pending.TakePart() is { } part)
            {
                await _ledger.SpoolAsync(_request, Recorded(part), cancellationToken);
                _firstShown = _firstShown == 0 ? _time.GetTimestamp() : _firstShown;
                (_lastGroup, _groupUpdates) = (_time.GetTimestamp(), 0);
                yield return part;
            }

            _hasUpdate = await updates.MoveNextAsync();
        }

        var last = _pending.TakePart();
        if (last is not null)
        {
            Recorded(last);
        }

        var usage = _usage ?? new UsageDetails();
        var finish = _finish ?? ChatFinishReason.Stop;
        var receipt = await _ledger.RespondAsync(_request, Response(usage, finish), cancellationToken);
        if (last is not null)
        {
            yield return last;
        }

        End = new DirectChatEnd(finish, usage, receipt);
    }

    public async ValueTask DisposeAsync()
    {
        if (_updates is not null)
        {
            await _updates.DisposeAsync();
        }

        await _request.DisposeAsync();
    }

    private void Take(ChatResponseUpdate update)
    {
        _groupUpdates++;
        _finish = update.FinishReason ?? _finish;
        _pending.Add(update);
        foreach (var content in update.Contents)
        {
            _usage = (content as UsageContent)?.Details ?? _usage;
        }
    }

    private bool IsGroupComplete() => _firstShown == 0 || _groupUpdates >= GroupUpdates || _time.GetElapsedTime(_lastGroup) >= s_groupTime;

    /// <summary>The part as the ledger keeps it; added to what the response record will hold.</summary>
    private string Recorded(DirectChatPart part)
    {
        var text = PartBuilder.AsText(part);
        _all.Append(text);
        return text;
    }

    private ResponseRecord Response(UsageDetails usage, ChatFinishReason finish)
    {
        var end = _time.GetTimestamp();
        return new ResponseRecord(
            _all.ToString(),
            Withheld: null,
            finish == ChatFinishReason.Length ? FinishReason.Length : FinishReason.Stop,
            Outcome: "generated",
            (int)(usage.InputTokenCount ?? 0),
            (int)(usage.OutputTokenCount ?? 0),
            new LatencyMicros(Count(usage, "waitedMicroseconds"), 0, Micros(_firstShown == 0 ? end : _firstShown), Micros(end)),
            new Dictionary<string, int>(StringComparer.Ordinal));
    }

    private static long Count(UsageDetails usage, string name) => usage.AdditionalCounts is { } counts && counts.TryGetValue(name, out var count) ? count : 0;

    private long Micros(long until) => (long)_time.GetElapsedTime(_started, until).TotalMicroseconds;
}

/// <summary>Joins updates to one part.</summary>
internal sealed class PartBuilder
{
    private readonly StringBuilder _text = new();
    private readonly List<FunctionCallContent> _calls = [];
    private readonly List<TokenLogProbability> _logprobs = [];

    public void Add(ChatResponseUpdate update)
    {
        _text.Append(update.Text);
        _calls.AddRange(update.Contents.OfType<FunctionCallContent>());
        if (update.AdditionalProperties?.TryGetValue(ChatOptionKeys.Logprobs, out var value) == true && value is IReadOnlyList<TokenLogProbability> logprobs)
        {
            _logprobs.AddRange(logprobs);
        }
    }

    /// <summary>Null when nothing came since the last one.</summary>
    public DirectChatPart? TakePart()
    {
        if (_text.Length == 0 && _calls.Count == 0 && _logprobs.Count == 0)
        {
            return null;
        }

        var part = new DirectChatPart(_text.ToString(), [.. _calls], [.. _logprobs]);
        _text.Clear();
        _calls.Clear();
        _logprobs.Clear();
        return part;
    }

    public static string AsText(DirectChatPart part) =>
        part.Calls.Count == 0 ? part.Text : $"{part.Text}\n{string.Join('\n', part.Calls.Select(static c => $"{c.Name}({JsonSerializer.Serialize(c.Arguments)})"))}";
}
