namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>A half-open run of UTF-16 units.</summary>
internal readonly record struct TextRange(int Start, int Length)
{
    public int End => Start + Length;
}
