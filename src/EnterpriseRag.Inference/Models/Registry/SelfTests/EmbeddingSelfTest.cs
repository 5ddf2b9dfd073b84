using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Models.Registry.SelfTests;

/// <summary>Asks a loaded embedding model for the vectors that were recorded at its approval.</summary>
internal static class EmbeddingSelfTest
{
    // The same weights on CPUs without VNNI: .9968 at worst, exact with the session option that is set there. Unrelated texts: .80.
    private const float LeastCosine = 0.99f;

    private static readonly string[] s_texts = ["query: How much notice must the customer give?", "passage: Die Kündigungsfrist beträgt drei Monate zum Ende eines Quartals (§ 4 Abs. 2)."];

    public static async Task<EmbeddingGolden> RecordAsync(Func<string, Task<float[]>> embed)
    {
        var texts = new List<GoldenVector>();
        foreach (var text in s_texts)
        {
            texts.Add(new GoldenVector(text, Convert.ToBase64String(MemoryMarshal.AsBytes<float>(await embed(text)))));
        }

        return new EmbeddingGolden(texts);
    }

    /// <exception cref="ModelFolderException">The vectors differ.</exception>
    public static async Task CheckAsync(EmbeddingGolden golden, string folder, Func<string, Task<float[]>> embed)
    {
        foreach (var expected in golden.Texts)
        {
            var vector = await embed(expected.Text);
            var golden32 = MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(expected.Vector)).ToArray();
            var cosine = vector.Length == golden32.Length ? TensorPrimitives.CosineSimilarity<float>(vector, golden32) : 0;
            if (!(cosine >= LeastCosine)) // not a number fails too
            {
                throw new ModelFolderException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{folder} fails its self-test: the cosine with the recorded vector is {cosine:F3}, at least {LeastCosine} is needed. The files are intact, so this machine computes something else. Check the runtime and provider, or decide again with 'rag models approve'."));
            }
        }
    }
}
