using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Decoders;
using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Normalizers;
using EnterpriseRag.Inference.Tokenization.PostProcessors;
using EnterpriseRag.Inference.Tokenization.PreTokenizers;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>
/// The parts of a tokenizer.json. <c>truncation</c> and <c>padding</c> are not read: files carry left-overs of training
/// there, and the embedding and generation code knows the model's real limits.
/// </summary>
internal sealed record TokenizerFile(
    AddedToken[] AddedTokens,
    INormalizer? Normalizer,
    IPreTokenizer? PreTokenizer,
    ITokenModel Model,
    IPostProcessor? PostProcessor,
    ITokenDecoder? Decoder)
{
    private static readonly string[] s_small = ["added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"];

    /// <exception cref="TokenizerFormatException">Broken, or with a component that is not known.</exception>
    public static TokenizerFile Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return ParseChecked(utf8);
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException($"tokenizer.json is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // The JSON reader's way to say that a string is not valid Unicode; kinds are checked before values are read.
            throw new TokenizerFormatException($"tokenizer.json: {e.Message}", e);
        }
    }

    private static TokenizerFile ParseChecked(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8);
        reader.Read();
        ModelJson.Expect(ref reader, JsonTokenType.StartObject, "the file");
        Dictionary<string, JsonElement> parts = new(StringComparer.Ordinal);
        ITokenModel? model = null;
        while (ModelJson.NextProperty(ref reader) is { } name)
        {
            if (name is "model")
            {
                model = ModelJson.Read(ref reader);
            }
            else if (s_small.Contains(name))
            {
                parts[name] = JsonElement.ParseValue(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        if (reader.Read() || model is null)
        {
            throw new TokenizerFormatException("tokenizer.json has no model.");
        }

        return new TokenizerFile(
            AddedToken.ReadAll(Part("added_tokens")),
            ComponentSettings.ReadOptional<INormalizer>(Part("normalizer"), "normalizer"),
            ComponentSettings.ReadOptional<IPreTokenizer>(Part("pre_tokenizer"), "pre_tokenizer"),
            model,
            ComponentSettings.ReadOptional<IPostProcessor>(Part("post_processor"), "post_processor"),
            ComponentSettings.ReadOptional<ITokenDecoder>(Part("decoder"), "decoder"));

        JsonElement? Part(string name) => parts.TryGetValue(name, out var part) ? part : null;
    }
}
