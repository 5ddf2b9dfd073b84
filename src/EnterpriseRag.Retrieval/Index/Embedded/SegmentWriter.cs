using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using EnterpriseRag.Retrieval.Search.Dense;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>Writes one segment file: sections first, then the header with their places and checksums, flushed before the file gets its name.</summary>
internal sealed class SegmentWriter
{
    private readonly FileStream _stream;
    private readonly SectionEntry[] _sections = new SectionEntry[(int)SectionId.Count];
    private int _section = -1;
    private uint _crc;

    private SegmentWriter(FileStream stream) => _stream = stream;

    /// <summary>The caller flushes the folder afterwards.</summary>
    public static void Write(string path, ISegmentSource source, DurableFiles files) =>
        files.WriteAtomically(path, stream => new SegmentWriter(stream).WriteAll(source));

    private void WriteAll(ISegmentSource source)
    {
        _stream.Position = SegmentFormat.HeaderBytes;
        Begin(SectionId.Languages);
        WriteLanguages(source.Languages);
        Begin(SectionId.Versions);
        WriteRows(source.Versions);
        Begin(SectionId.Passages);
        WriteRows(source.Passages);
        Begin(SectionId.Sentences);
        WriteRows(source.Sentences);
        WriteCodes(SectionId.PassageCodes, SectionId.PassageScales, source.Passages.Count, source.Dimensions, source.PassageVector);
        WriteCodes(SectionId.SentenceCodes, SectionId.SentenceScales, source.Sentences.Count, source.Dimensions, source.SentenceVector);
        Begin(SectionId.PassageVectors);
        for (var i = 0; i < source.Passages.Count; i++)
        {
            Append(MemoryMarshal.AsBytes(source.PassageVector(i)));
        }

        Begin(SectionId.SentenceVectors);
        for (var i = 0; i < source.Sentences.Count; i++)
        {
            Append(MemoryMarshal.AsBytes(source.SentenceVector(i)));
        }

        var terms = WriteTerms(source);
        End();
        WriteHeader(source, terms);
    }

    private void WriteLanguages(IReadOnlyList<string> languages)
    {
        Span<byte> padded = stackalloc byte[SegmentFormat.LanguageBytes];
        foreach (var language in languages)
        {
            padded.Clear();
            Encoding.ASCII.GetBytes(language, padded);
            Append(padded);
        }
    }

    private void WriteRows<T>(IReadOnlyList<T> rows)
        where T : unmanaged
    {
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            Append(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref row)));
        }
    }

    private void WriteCodes(SectionId codes, SectionId scales, int count, int dimensions, Func<int, ReadOnlySpan<float>> vector)
    {
        var code = new sbyte[VectorCode.RowBytes(dimensions)];
        var scale = new CodeScale[count];
        Begin(codes);
        for (var i = 0; i < count; i++)
        {
            scale[i] = VectorCode.Encode(vector(i), code);
            Append(MemoryMarshal.AsBytes(code.AsSpan()));
        }

        Begin(scales);
        Append(MemoryMarshal.AsBytes(scale.AsSpan()));
    }

    private int WriteTerms(ISegmentSource source)
    {
        // Offsets and posting bytes are small beside the vectors: collected in memory, because four sections grow at once.
        var termOffsets = new List<int> { 0 };
        var postingOffsets = new List<int> { 0 };
        using var terms = new MemoryStream();
        using var postings = new MemoryStream();
        foreach (var (term, list) in source.Terms())
        {
            terms.Write(term.Span);
            termOffsets.Add(checked((int)terms.Length));
            WriteNumber(postings, list.Count);
            var previous = -1;
            foreach (var posting in list)
            {
                WriteNumber(postings, posting.Passage - previous);
                WriteNumber(postings, posting.Frequency);
                previous = posting.Passage;
            }

            postingOffsets.Add(checked((int)postings.Length));
        }

        Begin(SectionId.TermOffsets);
        Append(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(termOffsets)));
        Begin(SectionId.Terms);
        Append(terms.GetBuffer().AsSpan(0, (int)terms.Length));
        Begin(SectionId.PostingOffsets);
        Append(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(postingOffsets)));
        Begin(SectionId.Postings);
        Append(postings.GetBuffer().AsSpan(0, (int)postings.Length));
        return termOffsets.Count - 1;
    }

    private static void WriteNumber(MemoryStream stream, int value)
    {
        var left = (uint)value;
        while (left >= 0x80)
        {
            stream.WriteByte((byte)(left | 0x80));
            left >>= 7;
        }

        stream.WriteByte((byte)left);
    }

    private void Begin(SectionId id)
    {
        End();
        _section = (int)id;
        _stream.Position += -_stream.Position & (SegmentFormat.SectionAlignment - 1);
        _sections[_section] = new SectionEntry { Id = _section, Offset = _stream.Position };
        _crc = Crc32C.Start;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _crc = Crc32C.Append(_crc, bytes);
        _stream.Write(bytes);
    }

    private void End()
    {
        if (_section >= 0)
        {
            _sections[_section].Bytes = _stream.Position - _sections[_section].Offset;
            _sections[_section].Crc32C = Crc32C.Finish(_crc);
            if (_sections[_section].Bytes > SegmentFormat.MaxSectionBytes)
            {
                throw new InvalidOperationException("A segment section would exceed 2 GB: publish fewer versions at once.");
            }
        }
    }

    private void WriteHeader(ISegmentSource source, int terms)
    {
        // An empty last section would otherwise leave the file shorter than its aligned place.
        var length = Math.Max(_stream.Position, _stream.Length);
        _stream.SetLength(length);
        Span<byte> bytes = stackalloc byte[SegmentFormat.HeaderBytes];
        bytes.Clear();
        var header = new SegmentHeader
        {
            Magic = MemoryMarshal.Read<ulong>(SegmentFormat.Magic),
            FormatVersion = SegmentFormat.FormatVersion,
            Dimensions = source.Dimensions,
            Languages = source.Languages.Count,
            Versions = source.Versions.Count,
            Passages = source.Passages.Count,
            Sentences = source.Sentences.Count,
            Terms = terms,
            Sections = _sections.Length,
            FileBytes = length,
        };
        MemoryMarshal.Write(bytes, header);
        MemoryMarshal.AsBytes(_sections.AsSpan()).CopyTo(bytes[Unsafe.SizeOf<SegmentHeader>()..]);
        MemoryMarshal.Write(bytes[^sizeof(uint)..], Crc32C.Of(bytes[..^sizeof(uint)]));
        _stream.Position = 0;
        _stream.Write(bytes);
    }
}
