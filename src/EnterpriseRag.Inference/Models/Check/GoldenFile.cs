using System.Globalization;
using System.Text.Json;

namespace EnterpriseRag.Inference.Models.Check;

/// <summary>One input with what a reference implementation gave for it. Absent parts are empty.</summary>
/// <param name="InputIds">The prompt or text.</param>
/// <param name="First">Logits (encoders: hidden state) at the first position.</param>
/// <param name="Last">The same at the last position.</param>
/// <param name="Embedding">Encoders: the pooled vector.</param>
/// <param name="Greedy">Decoders: best tokens after the prompt, each appended before the next.</param>
/// <param name="Margins">How far each of them was ahead of the second best; empty = not recorded.</param>
internal sealed record GoldenCase(
    IReadOnlyList<int> InputIds, IReadOnlyList<float> First, IReadOnlyList<float> Last, IReadOnlyList<float> Embedding, IReadOnlyList<int> Greedy, IReadOnlyList<float> Margins);

/// <summary>A file of golden outputs: {"cases": [{"input_ids", "first_logits", "last_logits", "greedy", "greedy_margins"}]}, or with first_hidden, last_hidden, embedding.</summary>
internal static class GoldenFile
{
    private const long MaxBytes = 256 << 20;

    /// <exception cref="GoldenFileException">Not readable, or not of this form; the message says where.</exception>
    public static IReadOnlyList<GoldenCase> Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            {
                throw new GoldenFileException($"{path} is larger than {MaxBytes >> 20} MB.");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var cases = document.RootElement.GetProperty("cases").EnumerateArray().Select(Case).ToList();
            return cases.Count > 0 ? cases : throw new GoldenFileException($"{path} has no case.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new GoldenFileException($"{path} is not a file of golden outputs: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GoldenFileException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static GoldenCase Case(JsonElement json, int index)
    {
        var golden = new GoldenCase(
            List(json, "input_ids", value => value.GetInt32()),
            Floats(json, "first_logits", "first_hidden"),
            Floats(json, "last_logits", "last_hidden"),
            Floats(json, "embedding"),
            List(json, "greedy", value => value.GetInt32()),
            Floats(json, "greedy_margins"));
        if (golden.InputIds.Count == 0 || (golden.Margins.Count > 0 && golden.Margins.Count != golden.Greedy.Count))
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"case {index} has no input_ids, or not as many margins as tokens"));
        }

        return golden;
    }

    private static IReadOnlyList<float> Floats(JsonElement json, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (List(json, name, value => value.GetSingle()) is { Count: > 0 } values)
            {
                return values;
            }
        }

        return [];
    }

    private static IReadOnlyList<T> List<T>(JsonElement json, string name, Func<JsonElement, T> read) =>
        json.TryGetProperty(name, out var list) && list.ValueKind != JsonValueKind.Null ? [.. list.EnumerateArray().Select(read)] : [];
}

/// <summary>A file of golden outputs cannot be used. The message says why.</summary>
public sealed class GoldenFileException(string message, Exception? inner = null) : Exception(message, inner);
