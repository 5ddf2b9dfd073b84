using System.Diagnostics;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;
using EnterpriseRag.Testing.Tokenizers;

namespace EnterpriseRag.Benchmarks;

/// <summary>
/// Megabytes (UTF-8) per second of one thread from text to ids: 1 MB of running text in pieces of a document's paragraph, against the Rust implementation on
/// the same text in the same run, whichever way it takes it fastest (whole, pieces, batch of pieces).
/// </summary>
internal static class TokenizeBenchmark
{
    public const string Unit = "MB/s";
    private const int Rounds = 7;
    private const int TextBytes = 1_000_000;
    private const int PieceUnits = 2_000;

    /// <summary>Median of seven rounds, which take turns with the peer's, after one to warm up.</summary>
    public static async Task<Measurement> RunAsync(ReferenceTokenizer reference, CancellationToken cancellationToken)
    {
        string[] pieces = Pieces();
        string file = Path.Combine(Path.GetTempPath(), $"rag-tokenize-{Environment.ProcessId}.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { text = string.Concat(pieces), pieces }), cancellationToken);
        try
        {
            using PeerProcess peer = PeerProcess.Start("tokenize.mjs", reference.Path, file);
            var tokenizer = Tokenizer.Load(reference.Path);
            double megabytes = pieces.Sum(Encoding.UTF8.GetByteCount) / 1e6;
            var ours = new double[Rounds];
            var theirs = new double[Rounds];
            for (int round = -1; round < Rounds; round++)
            {
                int tokens = 0;
                List<int> ids = new(1 << 16);
                var watch = Stopwatch.StartNew();
                foreach (string piece in pieces)
                {
                    ids.Clear();
                    tokens += tokenizer.Encode(piece, new EncodeOptions(SpecialTokensInText: true), ids);
                }

                double seconds = watch.Elapsed.TotalSeconds;
                Answer answer = await peer.AskAsync<Answer>("round", cancellationToken);
                if (answer.Tokens != tokens)
                {
                    throw new InvalidOperationException($"{reference.Name}: {tokens} tokens here, {answer.Tokens} there.");
                }

                if (round >= 0)
                {
                    (ours[round], theirs[round]) = (megabytes / seconds, megabytes / answer.Seconds);
                }
            }

            Array.Sort(ours);
            Array.Sort(theirs);
            return Measurement.Rate(ours[Rounds / 2], "@anush008/tokenizers", theirs[Rounds / 2]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Text of RAG_EVAL_DATA where it is set (laws and contracts, German and English), otherwise the project's own documents and sources.</summary>
    private static string[] Pieces()
    {
        string? data = Environment.GetEnvironmentVariable("RAG_EVAL_DATA");
        IEnumerable<string> files = data is { Length: > 0 }
            ? Files(Path.Combine(data, "gesetze-de"), "*.md").Concat(Files(Path.Combine(data, "cuad"), "*.txt")).Concat(Files(Path.Combine(data, "gdpr-en-de"), "*.md"))
            : Files(Path.Combine(RepositoryFiles.Root, "docs"), "*.md").Concat(Files(Path.Combine(RepositoryFiles.Root, "src"), "*.cs"));
        var text = new StringBuilder();
        // In turns, so that both languages are in: a part of each file.
        foreach (string file in files)
        {
            string content = File.ReadAllText(file);
            text.Append(content.AsSpan(0, Math.Min(content.Length, 20_000)));
        }

        var pieces = new List<string>();
        int bytes = 0;
        string all = text.ToString();
        int step = Math.Max(PieceUnits, all.Length / (TextBytes / PieceUnits));
        for (int start = 0; start + PieceUnits <= all.Length && bytes < TextBytes; start += step)
        {
            string piece = all.Substring(start, PieceUnits);
            pieces.Add(piece);
            bytes += Encoding.UTF8.GetByteCount(piece);
        }

        return [.. pieces];
    }

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private sealed record Answer(double Seconds, int Tokens);
}
