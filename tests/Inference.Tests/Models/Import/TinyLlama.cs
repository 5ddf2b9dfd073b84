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

    public static GgufWriter Writer(int seed = 7)
    {
        var writer = Metadata();
        var random = new Random(seed);
        writer.Tensor("token_embd.weight", [Hidden, (ulong)Vocabulary], 0, Floats(random, Vocabulary * Hidden));
        for (var layer = 0; layer < Layers; layer++)
        {
            var block = $"blk.{layer}";
            Matrix(writer, random, $"{block}.attn_q.weight", Hidden, Heads * HeadSize);
            Matrix(writer, random, $"{block}.attn_k.weight", Hidden, KeyValueHeads * HeadSize);
            Matrix(writer, random, $"{block}.attn_v.weight", Hidden, KeyValueHeads * HeadSize);
            Matrix(writer, random, $"{block}.attn_output.weight", Heads * HeadSize, Hidden);
            Matrix(writer, random, $"{block}.ffn_gate.weight", Hidden, FeedForward);
            Matrix(writer, random, $"{block}.ffn_up.weight", Hidden, FeedForward);
            Matrix(writer, random, $"{block}.ffn_down.weight", FeedForward, Hidden);
            writer.Tensor($"{block}.attn_norm.weight", [Hidden], 0, Floats(random, Hidden));
            writer.Tensor($"{block}.ffn_norm.weight", [Hidden], 0, Floats(random, Hidden));
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

    private static void Matrix(GgufWriter writer, Random random, string name, int columns, int rows) =>
        writer.Tensor(name, [(ulong)columns, (ulong)rows], 0, Floats(random, columns * rows));

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
