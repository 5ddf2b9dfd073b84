using System.Text.Json;
using EnterpriseRag.Inference.Models.Check;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>What came of comparing a tokenizer with golden ids.</summary>
/// <param name="Strings">Strings compared.</param>
/// <param name="Different">Strings whose ids differ in any place.</param>
public sealed record TokenizerCheckResult(int Strings, int Different);

/// <summary>
/// Compares a tokenizer.json with golden ids: a JSON list of <c>{"text", "ids"}</c>, bare or under <c>cases</c>. The ids are those without the template's special
/// tokens, added tokens in the text recognised. Works on any file or folder, approved or not.
/// </summary>
public static class TokenizerCheck
{
    private const int MaxGoldenBytes = 256 << 20;
    private const string FileName = "tokenizer.json";

    /// <param name="path">A tokenizer.json or a model folder that holds one.</param>
    /// <param name="goldenFile">The golden ids.</param>
    /// <param name="cancellationToken">Stops between two strings.</param>
    /// <exception cref="GoldenFileException">The golden file is not such a list.</exception>
    /// <exception cref="TokenizerFormatException">The tokenizer is broken or has a component that is not known.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TokenizerCheckResult Run(string path, string goldenFile, CancellationToken cancellationToken)
    {
        var tokenizer = Tokenizer.Load(Directory.Exists(path) ? InFolder(path) : path);
        var (strings, different) = (0, 0);
        List<int> ids = [];
        using var golden = Open(goldenFile);
        foreach (var item in Cases(golden.RootElement))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (text, expected) = Read(item, strings);
            ids.Clear();
            tokenizer.Encode(text, new EncodeOptions(SpecialTokensInText: true), ids);
            strings++;
            different += ids.SequenceEqual(expected) ? 0 : 1;
        }

        return new TokenizerCheckResult(strings, different);
    }

    private static string InFolder(string folder)
    {
        var file = Path.Combine(folder, FileName);
        return File.Exists(file) ? file : throw new FileNotFoundException($"{folder} has no {FileName}: name a folder or a file that has one.");
    }

    private static JsonDocument Open(string file)
    {
        if (new FileInfo(file).Length > MaxGoldenBytes)
        {
            throw new GoldenFileException($"The golden file is larger than {MaxGoldenBytes >> 20} MB.");
        }

        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(file));
        }
        catch (JsonException e)
        {
            throw new GoldenFileException($"The golden file is not valid JSON: {e.Message}", e);
        }
    }

    private static JsonElement.ArrayEnumerator Cases(JsonElement root)
    {
        var cases = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("cases", out var inner) ? inner : root;
        return cases.ValueKind == JsonValueKind.Array ? cases.EnumerateArray() : throw Wrong("a list, bare or under 'cases'");
    }

    private static (string Text, List<int> Ids) Read(JsonElement item, int index)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String
            || !item.TryGetProperty("ids", out var ids) || ids.ValueKind != JsonValueKind.Array)
        {
            throw Wrong($"a list of objects with 'text' and 'ids' (entry {index} is not)");
        }

        List<int> values = new(ids.GetArrayLength());
        foreach (var id in ids.EnumerateArray())
        {
            values.Add(id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var value) ? value : throw Wrong($"a list whose 'ids' are numbers (entry {index})"));
        }

        try
        {
            return (text.GetString()!, values); // the kind was checked
        }
        catch (InvalidOperationException e)
        {
            throw new GoldenFileException($"The text of entry {index} of the golden file is not valid Unicode.", e);
        }
    }

    private static GoldenFileException Wrong(string expected) => new($"The golden file must be {expected}.");
}
