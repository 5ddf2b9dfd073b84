using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>
/// The constraints of one model. What was compiled is kept with the states and masks it has come through, so that the thousandth row of an extraction table
/// costs no compilation. Thread-safe; the constraints themselves run on the model's engine thread.
/// </summary>
internal sealed class ConstraintCatalog(Tokenizer tokenizer, int vocabulary, IReadOnlyCollection<int> stopTokens)
{
    // Formats in use at the same time; each keeps up to 40 MB, commonly under 5.
    private const int MaxKept = 8;

    private readonly Lazy<TokenVocabulary> _vocabulary = new(() => TokenVocabulary.Create(tokenizer, vocabulary, stopTokens));
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, ByteAutomaton> _kept = new(StringComparer.Ordinal); // under _gate; the last one used is the last

    /// <summary>The bytes of the model's tokens; made at the first use, in about 0.1 s.</summary>
    public TokenVocabulary Vocabulary => _vocabulary.Value;

    /// <summary>Texts that are JSON of a schema.</summary>
    /// <exception cref="NotSupportedException">A keyword, or a use of it, that is not enforced.</exception>
    /// <exception cref="ArgumentException">Not a schema, or one that no text fits.</exception>
    public ITokenConstraint JsonSchema(JsonElement schema) => Get("schema " + schema.GetRawText(), () => JsonSchemaGrammar.Compile(schema));

    /// <summary>Texts that are a JSON object.</summary>
    public ITokenConstraint JsonObject() => Get("object", JsonSchemaGrammar.AnyObject);

    /// <summary>Texts that match a regular expression as a whole.</summary>
    /// <exception cref="NotSupportedException">A construct that is not regular.</exception>
    /// <exception cref="ArgumentException">Not a regular expression.</exception>
    public ITokenConstraint Regex(string pattern) => Get("regex " + pattern, () => JsonSchemaGrammar.Matching(pattern));

    /// <summary>One of several texts.</summary>
    public ITokenConstraint Choice(IReadOnlyCollection<string> texts) => Get("choice " + JsonSerializer.Serialize(texts), () => JsonSchemaGrammar.Choice(texts));

    /// <summary>Any grammar, under a name that is its own.</summary>
    public ITokenConstraint Get(string key, Func<Grammar> compile)
    {
        TokenVocabulary tokens = _vocabulary.Value;
        lock (_gate)
        {
            if (_kept.Remove(key, out ByteAutomaton? kept))
            {
                _kept.Add(key, kept);
                return new GrammarConstraint(kept, tokens);
            }
        }

        var automaton = new ByteAutomaton(compile(), tokens);
        lock (_gate)
        {
            _kept[key] = automaton;
            if (_kept.Count > MaxKept)
            {
                _kept.RemoveAt(0);
            }
        }

        return new GrammarConstraint(automaton, tokens);
    }
}
