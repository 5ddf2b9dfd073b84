using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>
/// Compiles a JSON schema: every text that the grammar accepts is JSON that the schema accepts. The other way round it holds for texts without white space
/// (but one blank after ':' and ','), with the properties in the schema's order, additional ones last. A keyword that is not enforced is refused by its name.
/// </summary>
internal sealed class JsonSchemaGrammar
{
    private const int MaxDepth = 60;
    private const int MaxItems = 1000;
    private const int MaxLength = 20_000;
    private const int MaxProperties = 1000;

    private static readonly string[] s_types = ["object", "array", "string", "number", "boolean", "null"];

    private readonly GrammarBuilder _builder;
    private readonly JsonText _json;
    private readonly JsonNode? _root;
    private readonly Dictionary<string, int> _rules = new(StringComparer.Ordinal); // by reference
    private int _depth;

    private JsonSchemaGrammar(GrammarBuilder builder, JsonText json, JsonElement schema)
    {
        (_builder, _json) = (builder, json);
        _root = schema.ValueKind is JsonValueKind.Object ? JsonObject.Create(schema) : schema.ValueKind is JsonValueKind.True ? JsonValue.Create(true) : throw NoSchema("#");
    }

    /// <exception cref="NotSupportedException">A keyword, or a use of it, that is not enforced; the message names it and its place.</exception>
    /// <exception cref="ArgumentException">Not a schema, or one that no text fits.</exception>
    public static Grammar Compile(JsonElement schema)
    {
        var builder = new GrammarBuilder();
        var compiler = new JsonSchemaGrammar(builder, new JsonText(builder), schema);
        return builder.Build(compiler.Emit(compiler._root, "#", builder.End));
    }

    /// <summary>A call of one of several functions: its name and its arguments, by their schema, as a JSON object between two texts.</summary>
    /// <exception cref="NotSupportedException">A keyword, or a use of it, that is not enforced.</exception>
    /// <exception cref="ArgumentException">Not a schema, or one that no text fits.</exception>
    public static Grammar Call(string opening, IEnumerable<(string Name, JsonElement Arguments)> functions, string argumentsName, string closing)
    {
        var builder = new GrammarBuilder();
        var json = new JsonText(builder);
        int end = builder.Literal("}" + closing, builder.End);
        List<int> ways = [];
        foreach ((string name, JsonElement arguments) in functions)
        {
            // Each schema is the root of its own references; arguments are an object even where it does not say so.
            var compiler = new JsonSchemaGrammar(builder, json, arguments);
            if (compiler._root is JsonObject keywords && !keywords.ContainsKey("type") && !keywords.ContainsKey("$ref"))
            {
                keywords["type"] = "object";
            }

            ways.Add(json.Text("name", json.Colon(json.Text(name, json.Comma(json.Text(argumentsName, json.Colon(compiler.Emit(compiler._root, "#", end))))))));
        }

        return builder.Build(builder.Literal(opening + "{", builder.Any([.. ways])));
    }

    /// <summary>Any JSON object.</summary>
    public static Grammar AnyObject()
    {
        var builder = new GrammarBuilder();
        return builder.Build(new JsonText(builder).Object(builder.End));
    }

    /// <summary>One of several texts.</summary>
    public static Grammar Choice(IEnumerable<string> texts)
    {
        var builder = new GrammarBuilder();
        return builder.Build(builder.Any([.. texts.Select(text => builder.Literal(text, builder.End))]));
    }

    /// <summary>A text that matches a regular expression as a whole.</summary>
    public static Grammar Matching(string pattern)
    {
        var builder = new GrammarBuilder();
        return builder.Build(new RegexGrammar(builder, (set, next) => set.Emit(builder, next), pattern).Emit(searches: false, builder.End));
    }

    private int Emit(JsonNode? schema, string path, int next)
    {
        if (schema is JsonValue flag && flag.TryGetValue(out bool allowed))
        {
            return allowed ? _json.Value(next) : _builder.Any();
        }

        JsonObject keywords = schema as JsonObject ?? throw NoSchema(path);
        if (++_depth > MaxDepth)
        {
            throw new NotSupportedException($"JSON schema at {path}: nested too deeply.");
        }

        foreach ((string name, JsonNode? value) in keywords)
        {
            if (!JsonSchemaKeywords.IsEnforced(name) && !JsonSchemaKeywords.IsAnnotation(name))
            {
                throw new NotSupportedException($"JSON schema at {path}: the keyword '{name}' is not supported.");
            }

            if (JsonSchemaKeywords.IsEnforced(name) && !JsonSchemaKeywords.IsOfItsKind(name, value))
            {
                throw new ArgumentException($"JSON schema at {path}: '{name}' has a value of the wrong kind.");
            }
        }

        int start = EmitKeywords(keywords, path, next);
        _depth--;
        return start;
    }

    private int EmitKeywords(JsonObject keywords, string path, int next)
    {
        if (keywords["$ref"] is { } reference)
        {
            JsonObject beside = Without(keywords, "$ref");
            return IsEmpty(beside) ? _builder.Call(Rule(Text(reference, path), path), next) : Emit(SchemaMerge.Merge(Resolved(keywords, path), beside, path), path, next);
        }

        if (keywords["allOf"] is JsonArray all)
        {
            JsonObject merged = Without(keywords, "allOf");
            foreach (JsonNode? part in all)
            {
                merged = SchemaMerge.Merge(merged, Resolved(part, path), path);
            }

            return Emit(merged, path, next);
        }

        if ((keywords["anyOf"] ?? keywords["oneOf"]) is JsonArray { Count: > 0 } any)
        {
            return Alternatives(keywords, any, path, next);
        }

        if (keywords.ContainsKey("enum") || keywords.ContainsKey("const"))
        {
            return Constants(keywords, path, next);
        }

        List<int> ways = [];
        foreach (string type in Types(keywords, path))
        {
            ways.Add(type switch
            {
                "object" => Object(keywords, path, next),
                "array" => List(keywords, path, next),
                "string" => String(keywords, path, next),
                "number" => JsonNumberRange.Emit(_builder, _json, keywords, path, isInteger: false, next),
                "integer" => JsonNumberRange.Emit(_builder, _json, keywords, path, isInteger: true, next),
                "boolean" => _json.Boolean(next),
                "null" => _json.Null(next),
                _ => throw new ArgumentException($"JSON schema at {path}: there is no type '{type}'."),
            });
        }

        return _builder.Any([.. ways]);
    }

    private int Alternatives(JsonObject keywords, JsonArray any, string path, int next)
    {
        string name = keywords.ContainsKey("anyOf") ? "anyOf" : "oneOf";
        if (keywords.ContainsKey("anyOf") && keywords.ContainsKey("oneOf"))
        {
            throw new NotSupportedException($"JSON schema at {path}: 'anyOf' and 'oneOf' together are not supported.");
        }

        JsonObject beside = Without(keywords, name);
        JsonObject[] resolved = [.. any.Select(way => Resolved(way, path))];
        if (name is "oneOf" && resolved.Index().Any(one => resolved.Skip(one.Index + 1).Any(other => !SchemaKinds.AreDisjoint(one.Item, other, part => Resolved(part, path)))))
        {
            throw new NotSupportedException($"JSON schema at {path}: 'oneOf' is supported where types, or a required constant property, tell the alternatives apart; use anyOf.");
        }

        List<int> ways = [];
        for (int i = 0; i < resolved.Length; i++)
        {
            ways.Add(Emit(IsEmpty(beside) ? any[i] : SchemaMerge.Merge(beside, resolved[i], path), $"{path}/{name}/{i}", next));
        }

        return _builder.Any([.. ways]);
    }

    private int Constants(JsonObject keywords, string path, int next)
    {
        string[] others = [.. keywords.Select(keyword => keyword.Key).Where(name => JsonSchemaKeywords.IsEnforced(name) && name is not ("enum" or "const" or "type" or "nullable"))];
        if (others.Length > 0)
        {
            throw new NotSupportedException($"JSON schema at {path}: '{others[0]}' beside enum or const is not supported.");
        }

        IEnumerable<JsonNode?> values = keywords["enum"] is JsonArray several ? several : new[] { keywords["const"] };
        if (keywords.ContainsKey("enum") && keywords.ContainsKey("const"))
        {
            values = values.Where(value => JsonNode.DeepEquals(value, keywords["const"]));
        }

        string[]? types = keywords.ContainsKey("type") ? [.. Types(keywords, path)] : null;
        List<int> ways = [];
        foreach (JsonNode? value in values)
        {
            using JsonDocument document = JsonDocument.Parse(value?.ToJsonString() ?? "null");
            if (types is null || SchemaKinds.HasType(document.RootElement, types))
            {
                ways.Add(_json.Constant(document.RootElement, next));
            }
        }

        if (IsTrue(keywords["nullable"]))
        {
            ways.Add(_json.Null(next));
        }

        return _builder.Any([.. ways]);
    }

    private int Object(JsonObject keywords, string path, int next)
    {
        JsonObject properties = keywords["properties"] as JsonObject ?? [];
        HashSet<string> required = keywords["required"] is JsonArray names ? [.. names.Select(name => Text(name, path))] : [];
        JsonNode? additional = keywords["additionalProperties"];
        // Without the keyword others would be valid too; a schema with properties is taken to name all it wants.
        bool isOpen = keywords.ContainsKey("additionalProperties") ? !(additional is JsonValue value && value.TryGetValue(out bool flag) && !flag) : !keywords.ContainsKey("properties");
        List<(string Name, JsonNode? Schema)> members = [.. properties.Select(property => (property.Key, property.Value))];
        members.AddRange(required.Where(name => !properties.ContainsKey(name)).Select(name => (name, keywords.ContainsKey("additionalProperties") ? additional : JsonValue.Create(true))));
        if (members.Count > MaxProperties)
        {
            throw new NotSupportedException($"JSON schema at {path}: more than {MaxProperties} properties are not supported.");
        }

        int end = _builder.Literal("}", next);
        int after = end; // something was written before
        int first = end; // nothing yet
        if (isOpen)
        {
            int rest = Emit(keywords.ContainsKey("additionalProperties") ? additional : JsonValue.Create(true), path + "/additionalProperties", _builder.End);
            int loop = _builder.Reserve();
            int pair = members.Count == 0
                ? _json.String(0, null, _json.Colon(_builder.Call(rest, loop)))
                : _json.StringOtherThan([.. members.Select(member => member.Name)], _json.Colon(_builder.Call(rest, loop)));
            _builder.Define(loop, _json.Comma(pair), end);
            (after, first) = (loop, _builder.Any(pair, end));
        }

        for (int i = members.Count - 1; i >= 0; i--)
        {
            (string name, JsonNode? schema) = members[i];
            int pair = _json.Text(name, _json.Colon(Emit(schema, $"{path}/properties/{name}", after)));
            int following = _json.Comma(pair);
            (after, first) = required.Contains(name) ? (following, pair) : (_builder.Any(following, after), _builder.Any(pair, first));
        }

        return _builder.Literal("{", first);
    }

    private int List(JsonObject keywords, string path, int next)
    {
        if (IsTrue(keywords["uniqueItems"]))
        {
            throw new NotSupportedException($"JSON schema at {path}: the keyword 'uniqueItems' is not supported.");
        }

        JsonArray prefix = keywords["prefixItems"] as JsonArray ?? keywords["items"] as JsonArray ?? [];
        JsonNode? items = keywords["items"] is JsonArray || !keywords.ContainsKey("items") ? JsonValue.Create(true) : keywords["items"];
        int min = Count(keywords, "minItems", MaxItems, path) ?? 0;
        int? max = Count(keywords, "maxItems", MaxItems, path);
        if (items is JsonValue none && none.TryGetValue(out bool allowed) && !allowed)
        {
            max = Math.Min(max ?? prefix.Count, prefix.Count);
        }

        int end = _builder.Literal("]", next);
        if (max < min)
        {
            return _builder.Any();
        }

        // Backwards: what may come after so many items.
        int rest = max is { } limit && limit <= prefix.Count ? -1 : Emit(items, path + "/items", _builder.End);
        int last = max ?? Math.Max(Math.Max(min, prefix.Count), 1);
        int after = end;
        if (max is null)
        {
            after = _builder.Reserve();
            _builder.Define(after, _json.Comma(_builder.Call(rest, after)), end);
        }

        for (int i = last - 1; i >= 0; i--)
        {
            int item = i < prefix.Count ? Emit(prefix[i], $"{path}/prefixItems/{i}", after) : _builder.Call(rest, after);
            int more = i > 0 ? _json.Comma(item) : item;
            after = i >= min ? _builder.Any(more, end) : more;
        }

        return _builder.Literal("[", after);
    }

    private int String(JsonObject keywords, string path, int next)
    {
        int min = Count(keywords, "minLength", MaxLength, path) ?? 0;
        int? max = Count(keywords, "maxLength", MaxLength, path);
        bool hasLength = min > 0 || max is not null;
        string? pattern = keywords["pattern"] is { } expression ? Text(expression, path) : null;
        if (keywords["format"] is { } format)
        {
            string name = Text(format, path);
            pattern = pattern is not null || hasLength
                ? throw new NotSupportedException($"JSON schema at {path}: 'format' together with 'pattern', 'minLength' or 'maxLength' is not supported.")
                : JsonFormats.Pattern(name) ?? throw new NotSupportedException($"JSON schema at {path}: the format '{name}' is not supported.");
        }
        else if (pattern is not null && hasLength)
        {
            throw new NotSupportedException($"JSON schema at {path}: 'pattern' together with 'minLength' or 'maxLength' is not supported; say the length in the pattern.");
        }

        return max < min ? _builder.Any() : pattern is null ? _json.String(min, max, next) : _json.Matching(pattern, next);
    }

    /// <summary>The types that a schema allows; without the keyword those that its other keywords speak of, or all.</summary>
    private static List<string> Types(JsonObject keywords, string path)
    {
        List<string> types = keywords["type"] switch
        {
            JsonArray several => [.. several.Select(type => Text(type, path))],
            { } one => [Text(one, path)],
            null when keywords.ContainsKey("properties") || keywords.ContainsKey("required") || keywords.ContainsKey("additionalProperties") => ["object"],
            null when keywords.ContainsKey("items") || keywords.ContainsKey("prefixItems") || keywords.ContainsKey("minItems") || keywords.ContainsKey("maxItems") => ["array"],
            null when keywords.ContainsKey("pattern") || keywords.ContainsKey("format") || keywords.ContainsKey("minLength") || keywords.ContainsKey("maxLength") => ["string"],
            null when keywords.ContainsKey("minimum") || keywords.ContainsKey("maximum") || keywords.ContainsKey("exclusiveMinimum") || keywords.ContainsKey("exclusiveMaximum") || keywords.ContainsKey("multipleOf") => ["number"],
            _ => [.. s_types],
        };
        if (IsTrue(keywords["nullable"]) && !types.Contains("null"))
        {
            types.Add("null");
        }

        return types;
    }

    private int Rule(string reference, string path)
    {
        if (_rules.TryGetValue(reference, out int rule))
        {
            return rule;
        }

        rule = _rules[reference] = _builder.Reserve();
        (int outer, _depth) = (_depth, 0); // bounded by the number of references
        if (_rules.Count > 200)
        {
            throw new NotSupportedException($"JSON schema at {path}: too many different references.");
        }

        _builder.Define(rule, Emit(SchemaReference.Resolve(_root, reference, path), reference, _builder.End));
        _depth = outer;
        return rule;
    }

    /// <summary>The keywords of a schema, those of its reference included.</summary>
    private JsonObject Resolved(JsonNode? schema, string path)
    {
        var keywords = schema as JsonObject ?? throw new NotSupportedException($"JSON schema at {path}: true or false in allOf, anyOf or oneOf is not supported.");
        for (int hops = 0; keywords["$ref"] is { } reference; hops++)
        {
            if (hops > MaxDepth)
            {
                throw new ArgumentException($"JSON schema at {path}: references go round in a circle.");
            }

            JsonObject beside = Without(keywords, "$ref");
            JsonObject target = SchemaReference.Resolve(_root, Text(reference, path), path) as JsonObject ?? throw NoSchema(path);
            keywords = IsEmpty(beside) ? target : SchemaMerge.Merge(target, beside, path);
        }

        return keywords;
    }

    private static int? Count(JsonObject keywords, string name, int most, string path)
    {
        if (!keywords.TryGetPropertyValue(name, out JsonNode? node))
        {
            return null;
        }

        double value = node is JsonValue number && number.TryGetValue(out double read) && read >= 0 && read % 1 == 0 ? read : throw new ArgumentException($"JSON schema at {path}: '{name}' must be a whole number.");
        return value <= most ? (int)value
            : throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"JSON schema at {path}: '{name}' above {most} is not supported."));
    }

    private static JsonObject Without(JsonObject keywords, string name)
    {
        var rest = (JsonObject)keywords.DeepClone();
        rest.Remove(name);
        return rest;
    }

    private static bool IsEmpty(JsonObject keywords) => keywords.All(keyword => JsonSchemaKeywords.IsAnnotation(keyword.Key));

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool flag) && flag;

    private static string Text(JsonNode? node, string path) => node is JsonValue value && value.TryGetValue(out string? text) ? text : throw NoSchema(path);

    private static ArgumentException NoSchema(string path) => new($"JSON schema at {path}: this is not a schema.");
}
