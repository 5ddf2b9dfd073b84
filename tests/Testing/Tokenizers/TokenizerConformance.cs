using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Testing.Tokenizers;

/// <summary>What differs between our tokenizer and the reference implementation, and on which text.</summary>
public sealed record TokenizerDifference(string What, string Text, string Ours, string Reference);

/// <summary>
/// Compares our reading of a tokenizer.json with the Rust implementation: ids with and without the template, spans, decoded texts, streamed texts. Lone
/// surrogates cannot reach it through UTF-8, so both sides get U+FFFD in their place.
/// </summary>
public static class TokenizerConformance
{
    private const int BatchSize = 5000; // a run of the oracle, with the loading of the file, stays far below its time limit

    /// <param name="tokenizerFile">Path of a tokenizer.json.</param>
    /// <param name="texts">What to encode.</param>
    /// <param name="cancellationToken">Ends the oracle too.</param>
    /// <returns>All differences; none is the expectation.</returns>
    public static async Task<IReadOnlyList<TokenizerDifference>> CompareAsync(string tokenizerFile, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var tokenizer = Tokenizer.Load(tokenizerFile);
        List<TokenizerDifference> differences = [];
        foreach (var batch in texts.Select(WellFormed).Chunk(BatchSize))
        {
            using var answers = await Oracle.AskAsync("tokenizers.mjs", new { tokenizers = (string[])[tokenizerFile], texts = batch }, cancellationToken);
            CompareAll(tokenizer, batch, answers.RootElement[0], differences);
        }

        return differences;
    }

    /// <summary>The same for several small tokenizers, given as JSON, in one run of the oracle; one list for each.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<TokenizerDifference>>> CompareAsync(IReadOnlyList<string> tokenizers, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var wellFormed = texts.Select(WellFormed).ToArray();
        using var answers = await Oracle.AskAsync("tokenizers.mjs", new { tokenizers, texts = wellFormed }, cancellationToken);
        return [.. tokenizers.Zip(answers.RootElement.EnumerateArray(), (json, answer) =>
        {
            List<TokenizerDifference> differences = [];
            CompareAll(Tokenizer.Parse(Encoding.UTF8.GetBytes(json)), wellFormed, answer, differences);
            return differences;
        })];
    }

    private static void CompareAll(Tokenizer tokenizer, string[] texts, JsonElement answers, List<TokenizerDifference> differences)
    {
        if (answers.ValueKind == JsonValueKind.Object)
        {
            throw new InvalidDataException($"The oracle refuses the tokenizer: {answers}");
        }

        if (answers.GetArrayLength() != texts.Length)
        {
            throw new InvalidDataException($"The oracle answered {answers.GetArrayLength()} of {texts.Length} texts.");
        }

        for (var i = 0; i < texts.Length; i++)
        {
            Compare(tokenizer, texts[i], answers[i].Deserialize<Answer>(JsonSerializerOptions.Web) ?? throw new InvalidDataException("The oracle answered null."), differences);
        }
    }

    private static void Compare(Tokenizer tokenizer, string text, Answer expected, List<TokenizerDifference> differences)
    {
        if (expected.Error is not null)
        {
            return; // the library fails on this text (it has panics of its own); there is nothing to equal
        }

        var encoding = tokenizer.Encode(text, new EncodeOptions(SpecialTokensInText: true));
        List<int> ids = [];
        tokenizer.Encode(text, new EncodeOptions(SpecialTokensInText: true), ids);
        List<int> special = [];
        tokenizer.Encode(text, new EncodeOptions(AddSpecialTokens: true, SpecialTokensInText: true), special);
        var points = CodePoints(text);
        Check("ids", expected.Ids, encoding.Ids);
        Check("ids without spans", expected.Ids, ids);
        Check("ids with the template", expected.Special, special);
        Check("spans", expected.Offsets, encoding.Offsets.SelectMany(span => (int[])[points[span.Start], points[span.End]]).ToArray());
        CheckText("decoded", expected.Decoded, tokenizer.Decode(expected.Ids, skipSpecialTokens: false));
        CheckText("decoded without special tokens", expected.Plain, tokenizer.Decode(expected.Ids, skipSpecialTokens: true));
        CheckText("streamed", expected.Decoded, Streamed(tokenizer, expected.Ids));

        void Check(string what, int[] reference, IReadOnlyList<int> ours)
        {
            if (!reference.SequenceEqual(ours))
            {
                differences.Add(new TokenizerDifference(what, text, string.Join(' ', ours), string.Join(' ', reference)));
            }
        }

        void CheckText(string what, string reference, string ours)
        {
            if (!string.Equals(reference, ours, StringComparison.Ordinal))
            {
                differences.Add(new TokenizerDifference(what, text, ours, reference));
            }
        }
    }

    private static string Streamed(Tokenizer tokenizer, int[] ids)
    {
        var stream = new TokenStreamDecoder(tokenizer, skipSpecialTokens: false);
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            text.Append(stream.Push(id));
        }

        return text.Append(stream.Finish()).ToString();
    }

    /// <summary>Number of code points before each UTF-16 unit and at the end.</summary>
    private static int[] CodePoints(string text)
    {
        var points = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
        {
            points[i + 1] = points[i] + (char.IsLowSurrogate(text[i]) ? 0 : 1);
        }

        return points;
    }

    private static string WellFormed(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private sealed record Answer(int[] Ids, int[] Offsets, int[] Special, string Decoded, string Plain, string? Error = null);
}
