using System.ComponentModel.DataAnnotations;

namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>
/// Sizes of passages in characters. 1,300 characters of German with two headings stay under the encoder's 512 tokens (about 3.3 characters a token);
/// 900 is the size at which one clause or paragraph usually fits whole.
/// </summary>
public sealed class ChunkOptions
{
    public const string Section = "Ingestion:Chunks";

    [Range(200, 4000)]
    public int TargetCharacters { get; set; } = 900;

    [Range(300, 6000)]
    public int MaxCharacters { get; set; } = 1300;

    /// <summary>Most characters that a passage repeats from the one before it inside a long clause (one or two sentences).</summary>
    [Range(0, 1000)]
    public int OverlapCharacters { get; set; } = 220;
}
