using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>Where a request stands among the others.</summary>
/// <param name="User">On whose behalf; the scheduler is fair between users. Null: nobody in particular.</param>
/// <param name="Priority">0 = interactive; below: a batch task, which leaves a slot free for others; larger goes first.</param>
/// <param name="Deadline">The request is given up when this has passed since it was made.</param>
/// <param name="CacheScope">Requests with the same text may share keys and values of equal beginnings. Null: nothing is shared or kept.</param>
/// <param name="Adapter">Adapter that its runs use; null: the model alone. Rows of different adapters never share a run.</param>
internal sealed record RequestPlacement(string? User, int Priority, TimeSpan? Deadline, string? CacheScope, string? Adapter)
{
    private const int Batch = -1;
    private const int Extreme = 8;

    public static RequestPlacement Default { get; } = new(null, 0, null, null, null);

    public bool IsBatch => Priority < 0;

    /// <summary>Reads <see cref="ChatOptionKeys"/>.</summary>
    /// <exception cref="ArgumentException">A value is of another kind or out of its range.</exception>
    public static RequestPlacement Read(ChatOptions? options) => options?.AdditionalProperties is not { } more ? Default : new(
        Text(more, ChatOptionKeys.User),
        ReadPriority(more),
        ReadDeadline(more),
        Text(more, ChatOptionKeys.CacheScope),
        Text(more, ChatOptionKeys.Adapter));

    private static int ReadPriority(AdditionalPropertiesDictionary more) => !more.TryGetValue(ChatOptionKeys.Priority, out object? value) ? 0 : value switch
    {
        null => 0,
        int number => Math.Clamp(number, -Extreme, Extreme),
        long number => (int)Math.Clamp(number, -Extreme, Extreme),
        JsonElement { ValueKind: JsonValueKind.Number } json when json.TryGetInt32(out int number) => Math.Clamp(number, -Extreme, Extreme),
        _ => AsText(value) switch
        {
            "interactive" => 0,
            "batch" => Batch,
            _ => throw new ArgumentException($"Generation options: {ChatOptionKeys.Priority} must be a whole number, interactive or batch."),
        },
    };

    private static TimeSpan? ReadDeadline(AdditionalPropertiesDictionary more)
    {
        if (!more.TryGetValue(ChatOptionKeys.Deadline, out object? value) || value is null)
        {
            return null;
        }

        TimeSpan? deadline = value is TimeSpan span ? span
            : TimeSpan.TryParse(AsText(value), CultureInfo.InvariantCulture, out TimeSpan parsed) ? parsed
            : null;
        return deadline > TimeSpan.Zero ? deadline : throw new ArgumentException($"Generation options: {ChatOptionKeys.Deadline} must be a positive TimeSpan.");
    }

    private static string? Text(AdditionalPropertiesDictionary more, string key) => !more.TryGetValue(key, out object? value) || value is null
        ? null
        : AsText(value) ?? throw new ArgumentException($"Generation options: {key} must be a text.");

    private static string? AsText(object value) => value as string ?? (value is JsonElement { ValueKind: JsonValueKind.String } json ? json.GetString() : null);
}
