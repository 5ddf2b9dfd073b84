using System.Text;

namespace EnterpriseRag.Benchmarks;

/// <summary>Writes a GGUF file of Llama 2 7B's shape: random Q5_K weights, norms of one.</summary>
internal static class RandomSevenB
{
    private const int Layers = 32;
    private const int Hidden = 4096;
    private const int FeedForward = 11_008;
    private const int Vocabulary = 32_000;
    private const uint F32 = 0;
    private const uint Q5K = 13;
    private const int BlockValues = 256;
    private const int BlockBytes = 176;
    private const int Alignment = 32;

    public static void Write(string path)
    {
        var tensors = Tensors().ToList();
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        using var writer = new BinaryWriter(file);
        WriteHeader(writer, tensors);
        var noise = Noise();
        var ones = new byte[Hidden * 4];
        for (var i = 0; i < Hidden; i++)
        {
            BitConverter.TryWriteBytes(ones.AsSpan(i * 4), 1f);
        }

        Pad(writer);
        var at = 0;
        foreach (var (_, rows, columns) in tensors)
        {
            if (rows == 0)
            {
                writer.Write(ones);
                continue;
            }

            for (var left = Bytes(rows, columns); left > 0;)
            {
                var part = (int)Math.Min(left, noise.Length - at);
                writer.Write(noise, at, part);
                at = (at + part) % noise.Length;
                left -= part;
            }

            Pad(writer);
        }
    }

    /// <summary>Rows of 0 = a vector.</summary>
    private static IEnumerable<(string Name, int Rows, int Columns)> Tensors()
    {
        yield return ("token_embd.weight", Vocabulary, Hidden);
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var part in new[] { "attn_q", "attn_k", "attn_v", "attn_output" })
            {
                yield return ($"blk.{layer}.{part}.weight", Hidden, Hidden);
            }

            yield return ($"blk.{layer}.ffn_gate.weight", FeedForward, Hidden);
            yield return ($"blk.{layer}.ffn_up.weight", FeedForward, Hidden);
            yield return ($"blk.{layer}.ffn_down.weight", Hidden, FeedForward);
            yield return ($"blk.{layer}.attn_norm.weight", 0, Hidden);
            yield return ($"blk.{layer}.ffn_norm.weight", 0, Hidden);
        }

        yield return ("output_norm.weight", 0, Hidden);
        yield return ("output.weight", Vocabulary, Hidden);
    }

    private static long Bytes(int rows, int columns) => rows == 0 ? columns * 4 : (long)rows * columns / BlockValues * BlockBytes;

    /// <summary>16 MB of blocks: small scales, random values.</summary>
    private static byte[] Noise()
    {
        var noise = new byte[(16 << 20) / BlockBytes * BlockBytes];
        var random = new Random(7);
        random.NextBytes(noise);
        for (var block = 0; block < noise.Length; block += BlockBytes)
        {
            BitConverter.TryWriteBytes(noise.AsSpan(block), (Half)(1e-5 * (1 + random.NextDouble())));
            BitConverter.TryWriteBytes(noise.AsSpan(block + 2), (Half)(1e-4 * random.NextDouble()));
        }

        return noise;
    }

    private static void WriteHeader(BinaryWriter writer, List<(string Name, int Rows, int Columns)> tensors)
    {
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write(14UL);
        Text(writer, "general.architecture", "llama");
        Number(writer, "llama.block_count", Layers);
        Number(writer, "llama.context_length", 4096);
        Number(writer, "llama.embedding_length", Hidden);
        Number(writer, "llama.feed_forward_length", FeedForward);
        Number(writer, "llama.attention.head_count", 32);
        Number(writer, "llama.attention.head_count_kv", 32);
        Key(writer, "llama.attention.layer_norm_rms_epsilon", 6);
        writer.Write(1e-5f);
        Text(writer, "tokenizer.ggml.model", "gpt2");
        Text(writer, "tokenizer.ggml.pre", "gpt-2");
        Texts(writer, "tokenizer.ggml.tokens", ["</s>", .. Enumerable.Range(0, 26).Select(i => ((char)('a' + i)).ToString())]);
        Texts(writer, "tokenizer.ggml.merges", []);
        Number(writer, "tokenizer.ggml.bos_token_id", 0);
        Number(writer, "tokenizer.ggml.eos_token_id", 0);
        var offset = 0UL;
        foreach (var (name, rows, columns) in tensors)
        {
            Text(writer, name);
            writer.Write(rows == 0 ? 1u : 2u);
            writer.Write((ulong)columns);
            if (rows > 0)
            {
                writer.Write((ulong)rows);
            }

            writer.Write(rows == 0 ? F32 : Q5K);
            writer.Write(offset);
            offset += ((ulong)Bytes(rows, columns) + Alignment - 1) / Alignment * Alignment;
        }
    }

    private static void Text(BinaryWriter writer, string key, string value)
    {
        Key(writer, key, 8);
        Text(writer, value);
    }

    private static void Texts(BinaryWriter writer, string key, IReadOnlyList<string> values)
    {
        Key(writer, key, 9);
        writer.Write(8u);
        writer.Write((ulong)values.Count);
        foreach (var value in values)
        {
            Text(writer, value);
        }
    }

    private static void Number(BinaryWriter writer, string key, int value)
    {
        Key(writer, key, 4);
        writer.Write(value);
    }

    private static void Key(BinaryWriter writer, string key, uint type)
    {
        Text(writer, key);
        writer.Write(type);
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(BinaryWriter writer)
    {
        while (writer.BaseStream.Position % Alignment != 0)
        {
            writer.Write((byte)0);
        }
    }
}
