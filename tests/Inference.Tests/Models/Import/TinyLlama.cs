using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Tests.Models.Import;

/// <summary>A llama of two layers with random weights (fixed seed) and a byte-level tokenizer, as an F32 GGUF file of about 140 KB.</summary>
internal static class TinyLlama
{
    public const int Layers = 2;
    public const int Hidden = 32;
    public const int FeedForward = 64;
    public const int Heads = 2;
    public const int KeyValueHeads = 1;
    public const int HeadSize = 16;
    public const int Context = 64;
    public const string Template = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}";

    public static readonly string[] Tokens = [.. Alphabet().Select(c => c.ToString()), "Ġt", "he", "Ġthe", "<|im_start|>", "<|im_end|>"];

    public static int Vocabulary => Tokens.Length;

    /// <param name="seed">Of the random weights.</param>
    /// <param name="type">Number of the GGUF type of the matrices: 0 (F32), 2 (Q4_0) or 8 (Q8_0).</param>
    /// <param name="extras">Adds biases, a head of its own and Llama 3's divisors of the rotation.</param>
    public static GgufWriter Writer(int seed = 7, uint type = 0, bool extras = false)
    {
        var writer = Metadata();
        var random = new Random(seed);
        writer.Tensor("token_embd.weight", [Hidden, (ulong)Vocabulary], type, Values(random, Vocabulary * Hidden, type));
        for (var layer = 0; layer < Layers; layer++)
        {
            var block = $"blk.{layer}";
            Product(writer, random, $"{block}.attn_q", Hidden, Heads * HeadSize, type, extras);
            Product(writer, random, $"{block}.attn_k", Hidden, KeyValueHeads * HeadSize, type, extras);
            Product(writer, random, $"{block}.attn_v", Hidden, KeyValueHeads * HeadSize, type, extras);
            Product(writer, random, $"{block}.attn_output", Heads * HeadSize, Hidden, type, extras);
            Product(writer, random, $"{block}.ffn_gate", Hidden, FeedForward, type, extras);
            Product(writer, random, $"{block}.ffn_up", Hidden, FeedForward, type, extras);
            Product(writer, random, $"{block}.ffn_down", FeedForward, Hidden, type, extras);
            writer.Tensor($"{block}.attn_norm.weight", [Hidden], 0, Floats(random, Hidden));
            writer.Tensor($"{block}.ffn_norm.weight", [Hidden], 0, Floats(random, Hidden));
        }

        if (extras)
        {
            writer.Tensor("output.weight", [Hidden, (ulong)Vocabulary], type, Values(random, Vocabulary * Hidden, type));
            writer.Tensor("rope_freqs.weight", [HeadSize / 2], 0, MemoryMarshal.AsBytes<float>([1, 1, 1.5f, 2, 4, 8, 8, 8]).ToArray());
        }

        return writer.Tensor("output_norm.weight", [Hidden], 0, Floats(random, Hidden));
    }

    public static GgufWriter Metadata() => new GgufWriter()
        .Text("general.architecture", "llama")
        .Text("general.name", "Tiny")
        .Text("general.license", "mit")
        .Texts("general.languages", ["en"])
        .Number("llama.block_count", Layers)
        .Number("llama.context_length", Context)
        .Number("llama.embedding_length", Hidden)
        .Number("llama.feed_forward_length", FeedForward)
        .Number("llama.attention.head_count", Heads)
        .Number("llama.attention.head_count_kv", KeyValueHeads)
        .Real("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .Text("tokenizer.ggml.model", "gpt2")
        .Text("tokenizer.ggml.pre", "smollm")
        .Texts("tokenizer.ggml.tokens", Tokens)
        .Numbers("tokenizer.ggml.token_type", [.. Tokens.Select(token => token.StartsWith("<|", StringComparison.Ordinal) ? 3 : 1)])
        .Texts("tokenizer.ggml.merges", ["Ġ t", "h e", "Ġt he"])
        .Number("tokenizer.ggml.bos_token_id", (uint)Vocabulary - 2)
        .Number("tokenizer.ggml.eos_token_id", (uint)Vocabulary - 1)
        .Text("tokenizer.chat_template", Template);

    public static byte[] Floats(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() - 0.5) * 0.6);
        }

        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    private static void Product(GgufWriter writer, Random random, string name, int columns, int rows, uint type, bool bias)
    {
        writer.Tensor($"{name}.weight", [(ulong)columns, (ulong)rows], type, Values(random, columns * rows, type));
        if (bias)
        {
            writer.Tensor($"{name}.bias", [(ulong)rows], 0, Floats(random, rows));
        }
    }

    private static byte[] Values(Random random, int count, uint type) => type switch
    {
        0 => Floats(random, count),
        2 => Blocks(random, count / 32, 16, 0.04f),
        8 => Blocks(random, count / 32, 32, 0.0025f),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "F32, Q4_0 or Q8_0"),
    };

    /// <summary>Blocks of an fp16 scale and random bytes.</summary>
    private static byte[] Blocks(Random random, int blocks, int quantBytes, float scale)
    {
        var bytes = new byte[blocks * (2 + quantBytes)];
        random.NextBytes(bytes);
        for (var block = 0; block < blocks; block++)
        {
            BitConverter.GetBytes((Half)(scale * (0.5 + random.NextDouble()))).CopyTo(bytes, block * (2 + quantBytes));
        }

        return bytes;
    }

    /// <summary>GPT-2's letters for the 256 bytes.</summary>
    private static IEnumerable<char> Alphabet()
    {
        var moved = 0;
        for (var value = 0; value < 256; value++)
        {
            yield return value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)value : (char)(256 + moved++);
        }
    }
}
