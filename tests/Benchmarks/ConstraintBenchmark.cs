using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.Constraints;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing.Tokenizers;

namespace EnterpriseRag.Benchmarks;

/// <summary>
/// What holding an answer to a schema costs a token, without the model: mask and step over the rows of an extraction table, in the tokenizer's own tokens.
/// Cold: the grammar is compiled and all its states are met for the first time, divided over 200 rows. Warm: the same rows again.
/// </summary>
internal static class ConstraintBenchmark
{
    public const string Unit = "µs/token";
    private const int Rows = 200;
    private const int Rounds = 5;

    private const string Schema = """
        {"type":"object","properties":{"party":{"type":"string"},"date":{"type":"string","format":"date"},"amount":{"type":"number"},"currency":{"enum":["EUR","USD","CHF"]},
         "clauses":{"type":"array","items":{"type":"object","properties":{"number":{"type":"string","maxLength":12},"text":{"type":"string"},"binding":{"type":"boolean"}},"required":["number","text","binding"]}}},
         "required":["party","date","amount","currency","clauses"],"additionalProperties":false}
        """;

    public static Task<Measurement> ColdAsync(string name) => Task.FromResult<Measurement>(Median(name, cold: true));

    public static Task<Measurement> WarmAsync(string name) => Task.FromResult<Measurement>(Median(name, cold: false));

    private static double Median(string name, bool cold)
    {
        var tokenizer = Tokenizer.Load(ReferenceTokenizer.All.Single(reference => string.Equals(reference.Name, name, StringComparison.Ordinal)).Path);
        List<int>[] rows = [.. Enumerable.Range(0, Rows).Select(row => Encode(tokenizer, row))];
        int stop = Enumerable.Range(0, tokenizer.VocabularySize).First(tokenizer.IsSpecial);
        JsonElement schema = JsonDocument.Parse(Schema).RootElement;
        var catalog = new ConstraintCatalog(tokenizer, tokenizer.VocabularySize, [stop]);
        ulong[] mask = new ulong[catalog.Vocabulary.Words];
        var vocabulary = catalog.Vocabulary;
        double[] times = new double[Rounds];
        ITokenConstraint constraint = catalog.JsonSchema(schema);
        for (int round = -1; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            if (cold)
            {
                constraint = new GrammarConstraint(new ByteAutomaton(JsonSchemaGrammar.Compile(schema), vocabulary), vocabulary);
            }

            foreach (List<int> row in rows)
            {
                constraint.Reset();
                foreach (int token in row)
                {
                    constraint.FillMask(mask);
                    if ((mask[token >> 6] >> (token & 63) & 1) == 0)
                    {
                        throw new InvalidOperationException("The mask leaves out a token of a row that fits the schema.");
                    }

                    constraint.Accept(token);
                }
            }

            if (round >= 0)
            {
                times[round] = watch.Elapsed.TotalMicroseconds / rows.Sum(row => row.Count);
            }
        }

        Array.Sort(times);
        return times[Rounds / 2];
    }

    private static List<int> Encode(Tokenizer tokenizer, int row)
    {
        string[] words = Prose.Text(row, text => text.Length > 400).Split(' ');
        string text = JsonSerializer.Serialize(new
        {
            party = string.Join(' ', words[..4]),
            date = new DateOnly(2000, 1, 1).AddDays(row * 37).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            amount = row * 12.25,
            currency = row % 2 == 0 ? "EUR" : "CHF",
            clauses = new[] { 1, 2 }.Select(part => new { number = $"{row}.{part}", text = string.Join(' ', words[(4 * part)..((4 * part) + 20)]), binding = row % 3 == 0 }),
        });
        List<int> ids = [];
        tokenizer.Encode(text, default, ids);
        return ids;
    }
}
