using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tests.Native;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Embedding;

/// <summary>The embedding model sets session.x64quantprecision only on CPUs without VNNI; on those with it, that must not move a bit.</summary>
public sealed class QuantisationPrecisionTests
{
    [Fact]
    public void With_VNNI_the_option_changes_no_bit_of_a_vector()
    {
        if (!CpuFeatures.HasVnni)
        {
            return; // the option is set here, and the golden vectors of OnnxEmbeddingGeneratorTests judge it
        }

        Vectors("0").ShouldBe(Vectors("1"));
    }

    private static List<float[]> Vectors(string precision)
    {
        OrtEnvironment.Start(null, NullLogger.Instance);
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(RepositoryFiles.Model("multilingual-e5-small"), "tokenizer.json"));
        var settings = new SessionSettings { Threads = 1, Entries = new Dictionary<string, string>(StringComparer.Ordinal) { ["session.x64quantprecision"] = precision } };
        using OrtSession session = OrtSession.Load(EmbeddingGraph.ModelPath, settings, NullLogger.Instance);
        using var worker = new EmbeddingWorker(session, 512, 384, [Pooling.Mean], closingTokens: 1);
        var vectors = new List<float[]>();
        foreach (int repeats in (ReadOnlySpan<int>)[1, 7, 30])
        {
            string text = "passage: " + string.Concat(Enumerable.Repeat("Der Mieter zahlt die Miete am dritten Werktag. The tenant pays in advance. ", repeats));
            var vector = new float[384];
            worker.Embed(tokenizer.Encode(text, new EncodeOptions(AddSpecialTokens: true)).Ids, vector);
            vectors.Add(vector);
        }

        return vectors;
    }
}
