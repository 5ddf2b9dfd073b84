using System.ComponentModel.DataAnnotations;

namespace EnterpriseRag.Ingestion.Extract;

/// <summary>Limits for foreign bytes. Every limit ends in a failed version with a reason, never in a dead host.</summary>
public sealed class ExtractionOptions
{
    public const string Section = "Ingestion:Extraction";

    /// <summary>Largest accepted file.</summary>
    [Range(1, 4096)]
    public int MaxFileMegabytes { get; set; } = 200;

    [Range(1, 100_000)]
    public int MaxPages { get; set; } = 5000;

    /// <summary>Largest extracted text in UTF-16 units (30 million is about 12,000 dense pages).</summary>
    [Range(1000, 500_000_000)]
    public int MaxTextCharacters { get; set; } = 30_000_000;

    /// <summary>Wall clock of one child process.</summary>
    [Range(1, 3600)]
    public int TimeoutSeconds { get; set; } = 180;

    /// <summary>CPU time of one child process (RLIMIT_CPU).</summary>
    [Range(1, 3600)]
    public int CpuSeconds { get; set; } = 120;

    /// <summary>Address space of one child process (RLIMIT_AS).</summary>
    [Range(64, 65536)]
    public int AddressSpaceMegabytes { get; set; } = 1024;

    /// <summary>What one child may print, and the largest file it may write (RLIMIT_FSIZE).</summary>
    [Range(1, 8192)]
    public int MaxOutputMegabytes { get; set; } = 512;

    /// <summary>Uncompressed size of one XML part of an Office file: the parsed tree takes some ten times as much memory.</summary>
    [Range(1, 1024)]
    public int MaxXmlPartMegabytes { get; set; } = 48;

    /// <summary>Uncompressed size of all parts of an Office file as its directory declares them.</summary>
    [Range(1, 8192)]
    public int MaxUnpackedMegabytes { get; set; } = 512;

    [Range(1, 100_000)]
    public int MaxArchiveEntries { get; set; } = 5000;

    /// <summary>Depth of nested elements in HTML and Office XML. Real files stay under 150; readers that recurse die at some ten thousand.</summary>
    [Range(16, 4000)]
    public int MaxNesting { get; set; } = 1000;
}
