using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Retrieval;

/// <summary>Settings of search; the defaults are the measured ones.</summary>
public sealed class RetrievalOptions
{
    public const string Section = "Retrieval";

    /// <summary>Threads of one search over a large index (from about 8,000 passages on). Default 2.</summary>
    [Range(1, 64, ErrorMessage = "Retrieval:ScanThreads is a number of threads from 1 to 64.")]
    public int ScanThreads { get; set; } = 2;

    /// <summary>Passages that each of the two scans hands to fusion. Default 200.</summary>
    [Range(20, 5000, ErrorMessage = "Retrieval:Candidates is a number of passages from 20 to 5000.")]
    public int Candidates { get; set; } = 200;

    /// <summary>Size in bytes above which segments are no longer merged: it bounds the rewrite that deleting a document costs. Default 256 MB.</summary>
    [Range(1L << 20, 1L << 30, ErrorMessage = "Retrieval:MaxSegmentBytes is a number of bytes from 1048576 to 1073741824.")]
    public long MaxSegmentBytes { get; set; } = 256L << 20;
}

[OptionsValidator]
internal sealed partial class RetrievalOptionsValidator : IValidateOptions<RetrievalOptions>;
