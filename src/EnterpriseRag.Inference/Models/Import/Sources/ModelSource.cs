using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Models.Import.Sources;

/// <summary>A published model, open for reading: a GGUF file, the parts of a split one, or a Hugging Face folder. Its files stay as they are.</summary>
internal abstract class ModelSource : IDisposable
{
    private const int HashBufferBytes = 1 << 20;

    /// <summary>File or folder name, for messages and the card.</summary>
    public abstract string Name { get; }

    /// <summary>Absolute paths of all files that the import reads.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>What the publisher says about origin, licence and languages, and how the weights are stored.</summary>
    public abstract SourceDescription Description { get; }

    /// <summary>Lays the whole import out and checks it; reads no weight and writes nothing.</summary>
    /// <exception cref="ModelImportException">A family, size or feature that no recipe covers, by name.</exception>
    public abstract ImportPlan Plan(ModelImportOptions options);

    public abstract void Dispose();

    /// <exception cref="ModelImportException">Nothing there, or damaged, hostile, incomplete.</exception>
    public static ModelSource Open(string path)
    {
        if (Directory.Exists(path))
        {
            return HuggingFaceSource.Open(path);
        }

        return Path.GetExtension(path) is ".safetensors" or ".bin" or ".pt" or ".pth"
            ? throw new ModelImportException($"{path} is one file of a model folder. Name the folder with its config.json.")
            : GgufSource.Open(path);
    }

    /// <summary>
    /// The source's hash. Of one file its SHA-256, which is the publisher's number; of several the SHA-256 of their list in the form of SHA256SUMS.
    /// </summary>
    /// <param name="done">Called with the bytes read so far.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public string Hash(Action<long>? done, CancellationToken cancellationToken)
    {
        var read = 0L;
        var sums = new string[Files.Count];
        try
        {
            Parallel.For(
                0,
                Files.Count,
                new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken },
                i => sums[i] = HashFile(Files[i], bytes => done?.Invoke(Interlocked.Add(ref read, bytes)), cancellationToken));
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<Exception>().FirstOrDefault(inner => inner is IOException or UnauthorizedAccessException) is { } cause)
        {
            throw new ModelImportException($"{Name} cannot be read: {cause.Message}", cause);
        }

        return sums.Length == 1
            ? sums[0]
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ChecksumList.Format(Files.Select((path, i) => KeyValuePair.Create(Path.GetFileName(path), sums[i]))))));
    }

    /// <summary>Lengths and times of all files: what changes when one is written to.</summary>
    public string Stamp() => string.Join(
        ';',
        Files.Select(path => PlainFile.Info(path) is { Exists: true } file ? FormattableString.Invariant($"{file.Length}@{file.LastWriteTimeUtc.Ticks}") : "gone"));

    public long Bytes => Files.Sum(path => PlainFile.Info(path) is { Exists: true } file ? file.Length : 0);

    private static string HashFile(string path, Action<long> done, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (PlainFile.IsEmpty(path))
        {
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        var buffer = new byte[HashBufferBytes];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
            done(read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <param name="Licence">SPDX identifier; null = not stated.</param>
/// <param name="Origin">Who made the weights, as far as the source says.</param>
/// <param name="Languages">ISO 639-1 codes; null = not stated.</param>
/// <param name="Parameters">Values of all tensors.</param>
/// <param name="Types">Tensor types and how many tensors have each.</param>
internal sealed record SourceDescription(string? Licence, string? Origin, IReadOnlyList<string>? Languages, long Parameters, IReadOnlyDictionary<string, int> Types);
