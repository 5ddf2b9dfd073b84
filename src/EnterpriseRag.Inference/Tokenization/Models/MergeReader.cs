using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>Reads <c>merges</c>: strings "left right" or, in newer files, arrays ["left", "right"] whose parts may hold spaces.</summary>
internal static class MergeReader
{
    /// <param name="reader">On the opening bracket.</param>
    /// <param name="index">The vocabulary.</param>
    /// <param name="prefixLength">Bytes of <c>continuing_subword_prefix</c>, which the right part loses in the merged token.</param>
    public static MergeTable Read(ref Utf8JsonReader reader, TokenIndex index, int prefixLength)
    {
        List<(int Left, int Right, int Merged)> read = [];
        var text = new byte[1024];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var rank = read.Count;
            var inArray = reader.TokenType == JsonTokenType.StartArray;
            if (inArray)
            {
                reader.Read();
            }

            var length = CopyPart(ref reader, text, rank);
            int split;
            if (inArray)
            {
                split = length;
                reader.Read();
                length += CopyPart(ref reader, text.AsSpan(split), rank);
                reader.Read();
                ModelJson.Expect(ref reader, JsonTokenType.EndArray, "merges[]");
            }
            else if (text.AsSpan(0, length).StartsWith("#version"u8))
            {
                continue;
            }
            else
            {
                split = text.AsSpan(0, length).IndexOf((byte)' ');
                if (split <= 0 || text.AsSpan((split + 1)..length).Contains((byte)' '))
                {
                    throw new TokenizerFormatException($"tokenizer.json: model BPE: merge {rank} is not two parts.");
                }

                text.AsSpan((split + 1)..length).CopyTo(text.AsSpan(split));
                length--;
            }

            var left = Id(text.AsSpan(0, split), index, rank);
            var right = Id(text.AsSpan(split..length), index, rank);
            if (length - split < prefixLength)
            {
                throw new TokenizerFormatException($"tokenizer.json: model BPE: merge {rank} has a right part without continuing_subword_prefix.");
            }

            text.AsSpan((split + prefixLength)..length).CopyTo(text.AsSpan(split));
            read.Add((left, right, Id(text.AsSpan(0, length - prefixLength), index, rank)));
        }

        var merges = new MergeTable(read.Count);
        for (var rank = 0; rank < read.Count; rank++)
        {
            merges.Add(read[rank].Left, read[rank].Right, rank, read[rank].Merged);
        }

        return merges;
    }

    private static int CopyPart(ref Utf8JsonReader reader, Span<byte> text, int rank)
    {
        ModelJson.Expect(ref reader, JsonTokenType.String, "merges[]");
        return reader.ValueSpan.Length <= text.Length
            ? reader.CopyString(text)
            : throw new TokenizerFormatException($"tokenizer.json: model BPE: merge {rank} is too long.");
    }

    private static int Id(ReadOnlySpan<byte> token, TokenIndex index, int rank)
    {
        var id = index.Find(token);
        return id >= 0 ? id : throw new TokenizerFormatException($"tokenizer.json: model BPE: merge {rank} names a token that is not in vocab.");
    }
}
