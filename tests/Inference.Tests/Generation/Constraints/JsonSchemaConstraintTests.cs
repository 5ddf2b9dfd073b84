using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Generation.Constraints;
using EnterpriseRag.Inference.Tests.Tokenization;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation.Constraints;

public sealed class JsonSchemaConstraintTests
{
    private const int Generations = 60; // for each schema and vocabulary

    // A byte-level vocabulary (the model in the box) and one of SentencePiece with byte fallback.
    private static readonly (ConstraintCatalog Catalog, TokenVocabulary Tokens, int Stop)[] s_models = [Model(Golden.SmolLm2, "<|im_end|>"), Model(Golden.Of("sentencepiece-bpe-bytefallback").Tokenizer, "</s>")];

    [Theory]
    [MemberData(nameof(Schemas.Names), MemberType = typeof(Schemas))]
    public void Documents_that_fit_are_accepted_and_others_are_not(string name)
    {
        (_, string schema, string[] fit, string[] wrong) = Schemas.All.Single(one => string.Equals(one.Name, name, StringComparison.Ordinal));
        foreach ((ConstraintCatalog catalog, TokenVocabulary tokens, int stop) in s_models)
        {
            ITokenConstraint constraint = catalog.JsonSchema(Json(schema));

            fit.Where(text => !Takes(constraint, tokens, stop, text)).ShouldBeEmpty();
            wrong.Where(text => Takes(constraint, tokens, stop, text)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Whatever_is_generated_to_its_end_parses_and_fits_the_schema()
    {
        var random = new Random(20260101);
        var questions = new List<(string Schema, List<string> Texts)>();
        int cut = 0;
        foreach ((string _, string schema, string[] fit, string[] wrong) in Schemas.All)
        {
            List<string> texts = [];
            foreach ((ConstraintCatalog catalog, TokenVocabulary tokens, int stop) in s_models)
            {
                ITokenConstraint constraint = catalog.JsonSchema(Json(schema));
                for (int i = 0; i < Generations; i++)
                {
                    if (Generate(constraint, tokens, stop, random) is { } text)
                    {
                        texts.Add(text);
                    }
                    else
                    {
                        cut++;
                    }
                }
            }

            questions.Add((schema, [.. texts, .. fit]));
        }

        using JsonDocument answers = await Oracle.AskAsync("json-schema.mjs", questions.Select(one => new { schema = JsonNode.Parse(one.Schema), texts = one.Texts }), TestContext.Current.CancellationToken);

        var faults = questions.Zip(answers.RootElement.EnumerateArray())
            .SelectMany(pair => pair.First.Texts.Zip(pair.Second.EnumerateArray()).Where(text => text.Second.ValueKind != JsonValueKind.Null).Select(text => $"{text.First}  {text.Second}  {pair.First.Schema}"));
        faults.ShouldBeEmpty();
        questions.Sum(one => one.Texts.Count).ShouldBeGreaterThan(2000);
        cut.ShouldBeLessThan(200); // those that reached the limit of tokens
    }

    [Fact]
    public void A_mask_allows_exactly_the_tokens_that_the_grammar_takes()
    {
        foreach ((_, TokenVocabulary tokens, _) in s_models)
        {
            var automaton = new ByteAutomaton(JsonSchemaGrammar.Compile(Json(Schemas.All[0].Schema)), tokens);
            var state = automaton.Start();
            foreach (byte value in "{\"party\":\"M"u8)
            {
                CheckMask(automaton, tokens, state);
                state = automaton.Next(state, value);
            }

            CheckMask(automaton, tokens, state);
        }
    }

    [Fact]
    public void Special_and_stop_tokens_have_no_place_inside_a_text()
    {
        (ConstraintCatalog catalog, TokenVocabulary tokens, int stop) = s_models[0];
        ITokenConstraint constraint = catalog.JsonSchema(Json("true"));
        ulong[] mask = new ulong[tokens.Words];
        foreach (byte value in "{\"a\":\""u8)
        {
            constraint.FillMask(mask);
            foreach (int special in Enumerable.Range(0, tokens.Count).Where(Golden.SmolLm2.IsSpecial))
            {
                Has(mask, special).ShouldBeFalse();
            }

            constraint.Accept(Golden.SmolLm2.TokenId(((char)value).ToString())!.Value); // single bytes are in the vocabulary
        }
    }

    [Fact]
    public void Known_states_cost_no_allocation()
    {
        (ConstraintCatalog catalog, TokenVocabulary tokens, _) = s_models[0];
        ITokenConstraint constraint = catalog.JsonSchema(Json(Schemas.All[0].Schema));
        ulong[] mask = new ulong[tokens.Words];
        int[] ids = [.. Cut(tokens, Schemas.All[0].Fit[0])];
        Run();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Run()
        {
            constraint.Reset();
            foreach (int id in ids)
            {
                constraint.FillMask(mask);
                constraint.Accept(id);
            }
        }
    }

    [Theory]
    [InlineData("""{"type":"string","contentEncoding":"base64"}""", "contentEncoding")]
    [InlineData("""{"type":"object","patternProperties":{}}""", "patternProperties")]
    [InlineData("""{"properties":{"a":{"not":{}}}}""", "#/properties/a: the keyword 'not'")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "uniqueItems")]
    [InlineData("""{"type":"string","format":"hostname"}""", "hostname")]
    [InlineData("""{"type":"integer","multipleOf":5}""", "multipleOf")]
    [InlineData("""{"type":"string","pattern":"(?=a)b"}""", "look-around")]
    [InlineData("""{"type":"string","pattern":"(a)\\1"}""", "'\\1'")]
    [InlineData("""{"type":"string","pattern":"\\bword"}""", "'\\b'")]
    [InlineData("""{"type":"string","pattern":"a","maxLength":3}""", "'maxLength'")]
    [InlineData("""{"type":"number","minimum":0.5}""", "fraction")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "oneOf")]
    [InlineData("""{"$ref":"https://example.org/schema"}""", "leads out")]
    [InlineData("""{"allOf":[{"pattern":"a"},{"pattern":"b"}]}""", "'pattern'")]
    public void What_is_not_enforced_is_refused_by_its_name(string schema, string named)
    {
        Should.Throw<NotSupportedException>(() => JsonSchemaGrammar.Compile(Json(schema))).Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("""{"type":"colour"}""", "colour")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "nothing at")]
    [InlineData("""{"$ref":"#"}""", "any text")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "any text")]
    [InlineData("""{"type":"string","pattern":"[z-a]"}""", "regular expression")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "any text")]
    [InlineData("""{"enum":[]}""", "any text")]
    [InlineData("""{"type":"array","items":3}""", "no")]
    [InlineData("""{"anyOf":[]}""", "anyOf")]
    [InlineData("""{"type":null}""", "type")]
    [InlineData("""{"properties":[]}""", "properties")]
    [InlineData("""{"type":"string","pattern":3}""", "pattern")]
    [InlineData("""{"type":"number","minimum":"0"}""", "minimum")]
    [InlineData("[]", "schema")]
    public void Broken_and_impossible_schemas_are_errors(string schema, string named)
    {
        Should.Throw<ArgumentException>(() => JsonSchemaGrammar.Compile(Json(schema))).Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("""{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"type":"string","minLength":20000}}}}""")]
    [InlineData("""{"type":"string","pattern":"((((a{1000}){1000}){1000}){1000})"}""")]
    [InlineData("""{"type":"string","pattern":"(a|aa|aaa|aaaa|b{0,900}){0,900}c"}""")]
    public void A_schema_cannot_take_memory_without_bound(string schema)
    {
        try
        {
            JsonSchemaGrammar.Compile(Json(schema)).Count.ShouldBeLessThanOrEqualTo(400_000);
        }
        catch (NotSupportedException e)
        {
            e.Message.ShouldContain("large");
        }
    }

    [Theory]
    [InlineData("""{"type":"string","pattern":"^(?:.*x.{900})$"}""")]
    [InlineData("""{"type":"string","pattern":"(?:a|b|ab|ba|aab){0,900}$"}""")]
    [InlineData("""{"oneOf":[{"$ref":"#/$defs/a"},{"type":"null"}],"$defs":{"a":{"type":"object","properties":{"n":{"oneOf":[{"$ref":"#/$defs/a"},{"type":"string"}]}},"required":["n"]}}}""")]
    public void A_mask_cannot_take_time_without_bound(string schema)
    {
        (ConstraintCatalog catalog, TokenVocabulary tokens, int stop) = s_models[0];
        var watch = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            Takes(catalog.JsonSchema(Json(schema)), tokens, stop, "\"axbxxabxaxb");
        }
        catch (NotSupportedException e)
        {
            e.Message.ShouldContain("ambiguous");
        }

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60)); // of a machine that does other work
    }

    [Fact]
    public void Damaged_schemas_are_refused_or_compile_but_never_crash()
    {
        var random = new Random(11);
        int compiled = 0;
        for (int round = 0; round < 3_000; round++)
        {
            JsonNode schema = JsonNode.Parse(Schemas.All[round % Schemas.All.Length].Schema)!; // an object
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                List<JsonNode> parts = [.. Parts(schema)];
                List<JsonNode> others = [.. Parts(JsonNode.Parse(Schemas.All[random.Next(Schemas.All.Length)].Schema)!)]; // an object
                parts[random.Next(parts.Count)].ReplaceWith(others[random.Next(others.Count)].DeepClone());
            }

            try
            {
                JsonSchemaGrammar.Compile(Json(schema.ToJsonString()));
                compiled++;
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
            {
                // what callers are told
            }
        }

        compiled.ShouldBeInRange(100, 2_900);
    }

    [Fact]
    public void Any_object_a_choice_and_a_regular_expression_constrain_too()
    {
        foreach ((ConstraintCatalog catalog, TokenVocabulary tokens, int stop) in s_models)
        {
            Takes(catalog.JsonObject(), tokens, stop, """{"a":[1,{"b":null}],"c":"é"}""").ShouldBeTrue();
            Takes(catalog.JsonObject(), tokens, stop, "[1]").ShouldBeFalse();
            Takes(catalog.Choice(["yes", "no", "yes, but"]), tokens, stop, "yes").ShouldBeTrue();
            Takes(catalog.Choice(["yes", "no", "yes, but"]), tokens, stop, "yes, but").ShouldBeTrue();
            Takes(catalog.Choice(["yes", "no", "yes, but"]), tokens, stop, "yes,").ShouldBeFalse();
            Takes(catalog.Regex("[A-ZÄ][a-zß]+ \\d{1,3}"), tokens, stop, "Äpfeß 12").ShouldBeTrue();
            Takes(catalog.Regex("[A-ZÄ][a-zß]+ \\d{1,3}"), tokens, stop, "Straße 1234").ShouldBeFalse();
        }
    }

    [Fact]
    public void What_was_compiled_is_kept_and_sequences_are_apart()
    {
        (ConstraintCatalog catalog, TokenVocabulary tokens, int stop) = s_models[0];
        ITokenConstraint one = catalog.Choice(["ab", "cd"]);
        ITokenConstraint other = catalog.Choice(["ab", "cd"]);
        one.Accept(Golden.SmolLm2.TokenId("a")!.Value); // in the vocabulary
        ulong[] mask = new ulong[tokens.Words];

        other.FillMask(mask);

        Has(mask, Golden.SmolLm2.TokenId("c")!.Value).ShouldBeTrue();
        one.Reset();
        Takes(one, tokens, stop, "cd").ShouldBeTrue();
    }

    /// <summary>All values inside a schema.</summary>
    private static IEnumerable<JsonNode> Parts(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch { JsonObject map => map.Select(entry => entry.Value), JsonArray list => list, _ => [] };
        return children.OfType<JsonNode>().SelectMany(child => Parts(child).Prepend(child));
    }

    private static void CheckMask(ByteAutomaton automaton, TokenVocabulary tokens, AutomatonState state)
    {
        ulong[] mask = automaton.Mask(state).ToArray();
        for (int id = 0; id < tokens.Count; id++)
        {
            var after = state;
            foreach (byte value in tokens.Bytes(id))
            {
                after = automaton.Next(after, value);
            }

            bool takes = tokens.Bytes(id).Length is > 0 and <= TokenVocabulary.MaxLength && !after.IsDead;
            Has(mask, id).ShouldBe(takes);
        }
    }

    private static (ConstraintCatalog, TokenVocabulary, int) Model(Tokenizer tokenizer, string stop)
    {
        int id = tokenizer.TokenId(stop)!.Value; // in both vocabularies
        return (new ConstraintCatalog(tokenizer, tokenizer.VocabularySize, [id]), TokenVocabulary.Create(tokenizer, tokenizer.VocabularySize, [id]), id);
    }

    /// <summary>Whether a text goes through, cut into the longest tokens and into other ones.</summary>
    private static bool Takes(ITokenConstraint constraint, TokenVocabulary tokens, int stop, string text)
    {
        ulong[] mask = new ulong[tokens.Words];
        constraint.Reset();
        foreach (int id in Cut(tokens, text))
        {
            constraint.FillMask(mask);
            if (!Has(mask, id))
            {
                return false;
            }

            constraint.Accept(id);
        }

        constraint.FillMask(mask);
        return Has(mask, stop);
    }

    private static List<int> Cut(TokenVocabulary tokens, string text)
    {
        Dictionary<string, int> byText = s_byText.GetValue(tokens, Index);
        string bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
        List<int> ids = [];
        for (int done = 0; done < bytes.Length;)
        {
            int length = Math.Min(12, bytes.Length - done);
            while (!byText.ContainsKey(bytes.Substring(done, length)))
            {
                length--;
            }

            ids.Add(byText[bytes.Substring(done, length)]);
            done += length;
        }

        return ids;
    }

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<TokenVocabulary, Dictionary<string, int>> s_byText = [];

    private static Dictionary<string, int> Index(TokenVocabulary tokens)
    {
        Dictionary<string, int> byText = new(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens.Bytes(id).Length > 0)
            {
                byText[Encoding.Latin1.GetString(tokens.Bytes(id))] = id;
            }
        }

        return byText;
    }

    /// <summary>A random walk through what is allowed, with a liking for brackets and ends; null if it does not come to an end.</summary>
    private static string? Generate(ITokenConstraint constraint, TokenVocabulary tokens, int stop, Random random)
    {
        ulong[] mask = new ulong[tokens.Words];
        List<byte> text = [];
        List<int> allowed = [];
        constraint.Reset();
        for (int i = 0; i < 400; i++)
        {
            constraint.FillMask(mask);
            allowed.Clear();
            for (int word = 0; word < mask.Length; word++)
            {
                for (ulong bits = mask[word]; bits != 0; bits &= bits - 1)
                {
                    allowed.Add((word * 64) + System.Numerics.BitOperations.TrailingZeroCount(bits));
                }
            }

            allowed.ShouldNotBeEmpty();
            int id = allowed[random.Next(allowed.Count)];
            if (random.Next(3) == 0 || i > 200)
            {
                int closing = allowed.FindIndex(other => other == stop || tokens.Bytes(other) is [(byte)'"'] or [(byte)'}'] or [(byte)']']);
                id = closing >= 0 ? allowed[closing] : id;
            }

            if (id == stop)
            {
                return Encoding.UTF8.GetString([.. text]);
            }

            text.AddRange(tokens.Bytes(id));
            constraint.Accept(id);
        }

        return null;
    }

    private static bool Has(ReadOnlySpan<ulong> mask, int id) => (mask[id >> 6] >> (id & 63) & 1) != 0;

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;
}
