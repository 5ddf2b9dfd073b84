using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Byte-level byte-pair encoding: tokens and merges as in the file, text cut by the <see cref="Splitter"/> that it names.</summary>
internal sealed class ByteLevelTokenizer() : TokenizerKind("gpt2")
{
    protected override WrittenTokenizer Write(TokenizerSource source)
    {
        var splitter = Splitter.Named(source.Keys.Text("tokenizer.ggml.pre"));
        var merges = source.Keys.Texts("tokenizer.ggml.merges");
        RequireMerges(merges, source.Tokens);
        var (begin, end) = (source.AddedBegin(splitter.AddsBegin), source.AddedEnd(absent: false));
        var document = new TokenizerDocument
        {
            Added = TokenizerDocument.AddedOf(source),
            Normalizer = splitter.Normalizer,
            PreTokenizer = splitter.PreTokenizer,
            PostProcessor = TokenizerDocument.Template(source.Tokens, begin, end, secondRepeatsBegin: true),
            Decoder = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            Model = json => TokenizerDocument.WriteBytePairs(json, source.Tokens, merges, unknown: null, byteFallback: false, splitter.IgnoreMerges),
        };
        return new WrittenTokenizer(document.ToBytes(), begin is not null, end is not null, "GPT2Tokenizer");
    }

    /// <summary>Both halves and their union must be tokens, or the reader of tokenizer.json would have to invent one.</summary>
    internal static void RequireMerges(string[] merges, string[] tokens)
    {
        var known = new HashSet<string>(tokens, StringComparer.Ordinal);
        var halves = known.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var merge in merges)
        {
            var space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == merge.Length - 1 || merge.IndexOf(' ', space + 1) >= 0
                || !halves.Contains(merge.AsSpan(0, space)) || !halves.Contains(merge.AsSpan(space + 1))
                || !known.Contains(string.Concat(merge.AsSpan(0, space), merge.AsSpan(space + 1))))
            {
                throw new ModelImportException("The tokenizer's list of merges names something that is not in its list of tokens. The file is damaged.");
            }
        }
    }
}
