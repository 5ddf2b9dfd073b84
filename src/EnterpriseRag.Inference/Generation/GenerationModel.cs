using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.ChatTemplates;
using EnterpriseRag.Inference.Generation.Constraints;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Inference.Generation.ToolCalls;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Models.Registry.SelfTests;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tokenization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Inference.Generation;

/// <summary>A loaded language model: folder, tokenizer, template and the engine that runs it. Thread-safe.</summary>
internal sealed class GenerationModel : ITextModel, IDisposable
{
    // Turn ends of the known families: configurations of base models often list the end of the text only.
    private static readonly string[] s_turnEnds = ["<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>"];

    // Variables that transformers gives to templates besides bos_token and eos_token.
    private static readonly string[] s_otherTokens = ["unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];

    private readonly Lock _adapterGate = new(); // guards the next field; held while an adapter loads
    private readonly Dictionary<string, string> _adapters = new(StringComparer.Ordinal); // folder hashes of the loaded ones by name
    private readonly ChatTemplate _template;
    private readonly ChatTemplateInputs _inputs;

    private GenerationModel(GenerationModelInfo info, GenAiConfig config, Tokenizer tokenizer, ChatTemplate template, ChatTemplateInputs inputs, GenerationEngine engine)
    {
        (Info, Search, Tokenizer, _template, _inputs, Engine) = (info, config.Search, tokenizer, template, inputs, engine);
    }

    public GenerationModelInfo Info { get; }

    public SearchDefaults Search { get; }

    public Tokenizer Tokenizer { get; }

    public GenerationEngine Engine { get; }

    /// <summary>What answers may be held to.</summary>
    public required ConstraintCatalog Constraints { get; init; }

    /// <summary>How this model writes calls of functions.</summary>
    public required ToolCallFormat ToolCalls { get; init; }

    /// <summary>A folder by itself, whatever anybody decided about it: for measurements.</summary>
    /// <exception cref="ModelFolderException">The folder is damaged or of a kind that does not run here.</exception>
    public static GenerationModel Load(string path, InferenceRuntime runtime, GenerationOptions options, TimeProvider time, ILogger logger)
    {
        ModelFolder folder = ModelFolder.Open(path);
        return Load(folder, ModelCard.Read(folder), probe: null, runtime, options, time, logger);
    }

    /// <param name="folder">Admitted by the gate.</param>
    /// <param name="card">With the installation's decisions.</param>
    /// <param name="probe">Runs before the engine takes over; may throw.</param>
    /// <param name="runtime">Loads the session.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">For the durations of outcomes.</param>
    /// <param name="logger">Counts and durations, never text.</param>
    /// <param name="adapters">Where its adapters lie; null = requests may name none.</param>
    /// <exception cref="ModelFolderException">The folder is of a kind that does not run here, or fails its self-test.</exception>
    public static GenerationModel Load(ModelFolder folder, ModelCard card, GenerationProbe? probe, InferenceRuntime runtime, GenerationOptions options, TimeProvider time, ILogger logger, AdapterShelf? adapters = null)
    {
        GenAiConfig config = GenAiConfig.Read(folder);
        Tokenizer tokenizer = Tokenizer.Load(folder.File("tokenizer.json"));
        using JsonDocument tokenizerConfig = folder.Has("tokenizer_config.json") ? JsonDocument.Parse(File.ReadAllBytes(folder.File("tokenizer_config.json"))) : JsonDocument.Parse("{}");
        string templateText = ReadTemplate(folder, tokenizerConfig.RootElement);
        var inputs = new ChatTemplateInputs(
            BeginToken: TokenText(tokenizerConfig.RootElement, "bos_token"), EndToken: TokenText(tokenizerConfig.RootElement, "eos_token") ?? tokenizer.Token(config.EndOfText[0]))
        {
            Time = time,
            Variables = s_otherTokens.Select(name => (Name: name, Text: TokenText(tokenizerConfig.RootElement, name))).Where(token => token.Text is not null)
                .ToImmutableDictionary(token => token.Name, token => (object)token.Text!, StringComparer.Ordinal), // filtered
        };
        ChatTemplate template = ParseTemplate(folder, templateText);
        EngineLimits limits = EngineLimits.From(options);
        var decoder = new Decoder(folder, config, runtime, limits.CacheBytes, limits.Slots);
        try
        {
            var sequence = new DecoderSequence(decoder);
            probe?.Invoke(tokenizer, sequence.Reset, (scoped ReadOnlySpan<int> tokens) => sequence.Append(tokens));
        }
        catch
        {
            decoder.Dispose();
            throw;
        }

        var info = new GenerationModelInfo(
            folder.Name, folder.Sha256, runtime.Engine, decoder.Capacity, card.Languages, Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(templateText))));
        int[] stops = [.. config.EndOfText.Concat(s_turnEnds.Select(tokenizer.TokenId).OfType<int>()).Distinct()];
        if (config.Notice is { } notice)
        {
            Log.ModelLimited(logger, info.Name, notice);
        }

        Log.ModelLoaded(logger, info.Name, info.ContextTokens, info.Languages.Count == 0 ? "may not write" : string.Join(", ", info.Languages));
        return new GenerationModel(info, config, tokenizer, template, inputs, new GenerationEngine(decoder, tokenizer.VocabularySize, stops, limits, time, logger))
        {
            Adapters = adapters,
            Constraints = new ConstraintCatalog(tokenizer, tokenizer.VocabularySize, stops),
            ToolCalls = template.KnowsTools ? ToolCallFormat.Of(templateText) : ToolCallFormat.Hermes,
        };
    }

    /// <summary>
    /// The ids of a conversation in the model's own template. Only the template's literals may be special tokens: contents are read as plain text, so a
    /// document or a question cannot open a turn of its own.
    /// </summary>
    /// <exception cref="ArgumentException">The template refuses the conversation (an unknown role, for example).</exception>
    public List<int> Encode(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        List<ChatTemplateMessage> turns = ChatConversation.Turns(messages, options);
        ImmutableArray<ToolDeclaration> tools = ChatConversation.Tools(options);
        if (!_template.KnowsTools)
        {
            turns = ChatConversation.WithToolsAsText(turns, tools);
        }

        try
        {
            var ids = new List<int>();
            ChatTemplateInputs inputs = _inputs with { Tools = [.. tools.Select(tool => tool.ToJson())], Arguments = ChatRequest.TemplateArguments(options) };
            Tokenizer.EncodePrompt(_template.Render(turns, inputs), ids);
            return ids;
        }
        catch (ChatTemplateException e)
        {
            throw new ArgumentException($"The chat template of {Info.Name} does not take this conversation: {e.Message}", nameof(messages), e);
        }
    }

    int ITextModel.CountTokens(string text) => Tokenizer.CountTokens(text);

    int ITextModel.CountPromptTokens(IReadOnlyList<ChatMessage> messages) => Encode(messages).Count;

    IChatClient ITextModel.CreateClient(int defaultMaxTokens) => new OnnxChatClient(this, defaultMaxTokens);

    /// <summary>Where adapters of this model lie; null = it has none.</summary>
    public AdapterShelf? Adapters { get; private init; }

    /// <summary>Makes an adapter ready for requests; the first use of one loads it, and the first of all the graph with its slots (about a second).</summary>
    /// <returns>SHA-256 of the adapter's folder, for the ledger.</returns>
    /// <exception cref="ArgumentException">There is none of this name for this model, or it may not load; the message says why.</exception>
    public string RequireAdapter(string name)
    {
        lock (_adapterGate)
        {
            if (_adapters.TryGetValue(name, out string? known))
            {
                return known;
            }

            try
            {
                (LoadedAdapter adapter, string sha256) = (Adapters ?? throw new ArgumentException($"The model {Info.Name} has no adapters.", nameof(name))).Open(name);
                Engine.AddAdapter(name, adapter);
                return _adapters[name] = sha256;
            }
            catch (Exception e) when (e is ModelFolderException or OrtException)
            {
                throw new ArgumentException(e.Message, nameof(name), e);
            }
        }
    }

    public void Dispose() => Engine.Dispose();

    /// <summary>chat_template.jinja, or the entry of tokenizer_config.json in older exports.</summary>
    private static string ReadTemplate(ModelFolder folder, JsonElement tokenizerConfig)
    {
        if (folder.Has("chat_template.jinja"))
        {
            return File.ReadAllText(folder.File("chat_template.jinja"));
        }

        if (tokenizerConfig.TryGetProperty("chat_template", out JsonElement template))
        {
            // Older exports may list several by name.
            JsonElement one = template.ValueKind != JsonValueKind.Array ? template : template.EnumerateArray()
                .Where(entry => entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String && name.ValueEquals("default"))
                .Select(entry => entry.TryGetProperty("template", out JsonElement text) ? text : default).FirstOrDefault();
            if (one.ValueKind == JsonValueKind.String)
            {
                return one.GetString()!; // the kind was checked
            }
        }

        throw new ModelFolderException($"{folder.Path} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); it is no chat model.");
    }

    private static ChatTemplate ParseTemplate(ModelFolder folder, string text)
    {
        try
        {
            return ChatTemplate.Parse(text);
        }
        catch (ChatTemplateException e)
        {
            throw new ModelFolderException($"{folder.Path} has a chat template that cannot be used. {e.Message}", e);
        }
    }

    /// <summary>Written as a string or as an object with the content.</summary>
    private static string? TokenText(JsonElement tokenizerConfig, string name) => !tokenizerConfig.TryGetProperty(name, out JsonElement token) ? null
        : token.ValueKind == JsonValueKind.String ? token.GetString()
        : token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out JsonElement content) ? content.GetString()
        : null;
}
