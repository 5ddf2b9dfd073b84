using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>Reads <c>merges</c>: strings "left right" or, in newer files, arrays ["left", "right"] whose parts may hold spaces.</summary>
internal static class MergeReader
{
    public static MergeTable Read(ref Utf8JsonReader reader, TokenIndex index)
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

            read.Add((Id(text.AsSpan(0, split), index, rank), Id(text.AsSpan(split..length), index, rank), Id(text.AsSpan(0, length), index, rank)));
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
