using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Tests.Tokenization;

/// <summary>Tokenizers of a few tokens, written as the JSON that a file would have.</summary>
internal static class SmallTokenizer
{
    /// <summary>Each letter a to z, space, '▁' and what is given, without merges.</summary>
    public static Tokenizer Of(string addedTokens = "[]", string normalizer = "null", string preTokenizer = "null", string postProcessor = "null", string decoder = "null", string? model = null) =>
        Tokenizer.Parse(Encoding.UTF8.GetBytes(Json(addedTokens, normalizer, preTokenizer, postProcessor, decoder, model)));

    public static string Json(string addedTokens = "[]", string normalizer = "null", string preTokenizer = "null", string postProcessor = "null", string decoder = "null", string? model = null) =>
        $$"""
        {"version":"1.0","added_tokens":{{addedTokens}},"normalizer":{{normalizer}},"pre_tokenizer":{{preTokenizer}},"post_processor":{{postProcessor}},"decoder":{{decoder}},
        "model":{{model ?? Bpe("[]")}}}
        """;

    public static string Bpe(string merges, string settings = "", params string[] moreTokens)
    {
        var tokens = "abcdefghijklmnopqrstuvwxyz ▁".Select(unit => unit.ToString()).Concat(moreTokens);
        var vocabulary = string.Join(',', tokens.Select((token, id) => $"{JsonSerializer.Serialize(token)}:{id}"));
        return $$"""{"type":"BPE",{{settings}}"vocab":{ {{vocabulary}} },"merges":{{merges}}}""";
    }

    public static string Added(int id, string content, string settings) =>
        $$"""{"id":{{id}},"content":{{JsonSerializer.Serialize(content)}}{{(settings.Length > 0 ? "," + settings : "")}}}""";

    /// <summary>The tokens of a text, spelled out and parted by '/'.</summary>
    public static string Tokens(this Tokenizer tokenizer, string text, bool specialTokens = true) =>
        string.Join('/', tokenizer.Encode(text, new EncodeOptions(SpecialTokensInText: specialTokens)).Ids.Select(tokenizer.Token));
}
