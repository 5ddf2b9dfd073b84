using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Index.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseRag.Retrieval.Tests.Index;

/// <summary>A folder for one index, and versions with made-up vectors that share a large component as real ones do.</summary>
internal sealed class TestIndex : IDisposable
{
    public const int Dimensions = 384;
    public const string Model = "0123456789abcdef";

    private readonly Random _random;

    public TestIndex(int seed = 1) => _random = new Random(seed);

    public string Folder { get; } = Directory.CreateTempSubdirectory("rag-index-").FullName;

    public EmbeddedPassageIndex Open(DurableFiles? files = null, MergePolicy? merging = null, string model = Model) =>
        EmbeddedPassageIndex.Open(Folder, Dimensions, model, merging ?? new MergePolicy(), files ?? new DurableFiles(), NullLogger.Instance);

    public IndexedVersion Version(MatterId? matter = null, DocumentId? document = null, int passages = 3, string text = "The tenant pays the rent.", string language = "en") =>
        new(matter ?? new MatterId(Id()), document ?? new DocumentId(Id()), new DocumentVersionId(Id()),
            Enumerable.Range(0, passages).Select(i => Passage(i, text, language)).ToArray());

    public IndexedPassage Passage(int ordinal, string text, string language = "en", int sentences = 3) =>
        new(ordinal, text, language, Vector(), Enumerable.Range(0, sentences).Select(_ => new IndexedSentence(0, text.Length, language, Vector())).ToArray());

    public float[] Vector()
    {
        var vector = new float[Dimensions];
        var length = 0.0;
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(_random.NextDouble() - 0.5 + (i % 3 == 0 ? 0.6 : 0));
            length += vector[i] * vector[i];
        }

        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] /= (float)Math.Sqrt(length);
        }

        return vector;
    }

    public Guid Id()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>Every byte of every file, for looking for what should be gone.</summary>
    public byte[] AllBytes() => Directory.EnumerateFiles(Folder).Where(f => !f.EndsWith("write.lock", StringComparison.Ordinal)).SelectMany(File.ReadAllBytes).ToArray();

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
