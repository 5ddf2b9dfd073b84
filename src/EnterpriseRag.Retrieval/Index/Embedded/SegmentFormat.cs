using System.Runtime.InteropServices;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>Layout of a segment file, format 1, little-endian (docs/formats/index-segment.md).</summary>
internal static class SegmentFormat
{
    public const int FormatVersion = 1;
    public const int HeaderBytes = 512;
    public const int SectionAlignment = 64;
    public const int LanguageBytes = 8;

    /// <summary>Largest section: spans count bytes in an int, and a segment is rewritten whole when a document in it is deleted.</summary>
    public const long MaxSectionBytes = int.MaxValue - SectionAlignment;

    public static ReadOnlySpan<byte> Magic => "ERAGSEG\n"u8;
}

internal enum SectionId
{
    Languages = 0,
    Versions = 1,
    Passages = 2,
    Sentences = 3,
    PassageCodes = 4,
    PassageScales = 5,
    SentenceCodes = 6,
    SentenceScales = 7,
    PassageVectors = 8,
    SentenceVectors = 9,
    TermOffsets = 10,
    Terms = 11,
    PostingOffsets = 12,
    Postings = 13,
    Count = 14,
}

/// <summary>Start of the file; sections follow as <see cref="SectionEntry"/>, then the CRC-32C of all header bytes before it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SegmentHeader
{
    public ulong Magic;
    public int FormatVersion;
    public int Dimensions;
    public int Languages;
    public int Versions;
    public int Passages;
    public int Sentences;
    public int Terms;
    public int Sections;
    public long FileBytes;
}

[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SectionEntry
{
    public long Offset;
    public long Bytes;
    public uint Crc32C;
    public int Id;
}

/// <summary>One document version; its passages and sentences are contiguous rows. Guids in the layout of <see cref="Guid.ToByteArray()"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct VersionRow
{
    public Guid Matter;
    public Guid Document;
    public Guid Version;
    public int FirstPassage;
    public int Passages;
    public int FirstSentence;
    public int Sentences;
}

[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct PassageRow
{
    public int Version; // row in Versions
    public int Ordinal;
    public int FirstSentence;
    public int Sentences;
    public int Terms; // length for BM25
    public int Language; // row in Languages
}

/// <summary>Range in the passage's text.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SentenceRow
{
    public int Start;
    public int Length;
    public int Language;
}

/// <summary>A term in a passage.</summary>
internal readonly record struct Posting(int Passage, int Frequency);
