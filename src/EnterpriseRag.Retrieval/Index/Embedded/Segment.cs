using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using EnterpriseRag.Retrieval.Search.Dense;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>
/// An immutable segment file, mapped and verified. Counted references: the index holds one while the segment is in its manifest, every
/// <see cref="IndexSnapshot"/> one more; the last release unmaps and, when the segment was dropped, removes the file.
/// </summary>
internal sealed class Segment
{
    private readonly MappedFile _file;
    private readonly DurableFiles _files;
    private readonly SectionEntry[] _sections;
    private readonly string[] _languages;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Interlocked only.
    private int _references = 1;

    // Written once before the owner's reference is released.
    private volatile bool _dropped;

    private Segment(string path, MappedFile file, DurableFiles files, SegmentHeader header, SectionEntry[] sections)
    {
        Path = path;
        _file = file;
        _files = files;
        _sections = sections;
        Header = header;
        RowBytes = VectorCode.RowBytes(header.Dimensions);
        _languages = ReadLanguages();
    }

    public string Path { get; }

    public string FileName => System.IO.Path.GetFileName(Path);

    public SegmentHeader Header { get; }

    /// <summary>Bytes of one vector code with its padding.</summary>
    public int RowBytes { get; }

    public long FileBytes => _file.Length;

    public ReadOnlySpan<VersionRow> Versions => Rows<VersionRow>(SectionId.Versions, Header.Versions);

    public ReadOnlySpan<PassageRow> Passages => Rows<PassageRow>(SectionId.Passages, Header.Passages);

    public ReadOnlySpan<SentenceRow> Sentences => Rows<SentenceRow>(SectionId.Sentences, Header.Sentences);

    public ReadOnlySpan<sbyte> PassageCodes => Rows<sbyte>(SectionId.PassageCodes, Header.Passages * RowBytes);

    public ReadOnlySpan<CodeScale> PassageScales => Rows<CodeScale>(SectionId.PassageScales, Header.Passages);

    public ReadOnlySpan<sbyte> SentenceCodes => Rows<sbyte>(SectionId.SentenceCodes, Header.Sentences * RowBytes);

    public ReadOnlySpan<CodeScale> SentenceScales => Rows<CodeScale>(SectionId.SentenceScales, Header.Sentences);

    public IReadOnlyList<string> Languages => _languages;

    /// <summary>Completes when nobody reads the segment any more and, if it was dropped, its file is gone. Faults when removing the file failed.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Maps the file and checks header, layout and the CRC of every section.</summary>
    /// <exception cref="IndexCorruptException">Torn, altered, or of another format.</exception>
    public static Segment Open(string path, DurableFiles files)
    {
        var file = new MappedFile(path);
        try
        {
            var (header, sections) = ReadHeader(file);
            foreach (var section in sections)
            {
                if (Crc32C.Of(file.Slice<byte>(section.Offset, checked((int)section.Bytes))) != section.Crc32C)
                {
                    throw new IndexCorruptException($"Section {(SectionId)section.Id} of a segment has a wrong checksum.");
                }
            }

            var segment = new Segment(path, file, files, header, sections);
            segment.CheckRows();
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public ReadOnlySpan<float> PassageVector(int passage) => Vector(SectionId.PassageVectors, passage);

    public ReadOnlySpan<float> SentenceVector(int sentence) => Vector(SectionId.SentenceVectors, sentence);

    public ReadOnlySpan<byte> Term(int term)
    {
        var offsets = Rows<int>(SectionId.TermOffsets, Header.Terms + 1);
        return Section<byte>(SectionId.Terms)[offsets[term]..offsets[term + 1]];
    }

    /// <summary>Postings of the term in ascending passage order.</summary>
    public PostingReader Postings(int term)
    {
        var offsets = Rows<int>(SectionId.PostingOffsets, Header.Terms + 1);
        return new PostingReader(Section<byte>(SectionId.Postings)[offsets[term]..offsets[term + 1]]);
    }

    /// <summary>Row of the term, or -1. Terms are sorted by their UTF-8 bytes.</summary>
    public int FindTerm(ReadOnlySpan<byte> term)
    {
        var offsets = Rows<int>(SectionId.TermOffsets, Header.Terms + 1);
        var bytes = Section<byte>(SectionId.Terms);
        int low = 0, high = Header.Terms - 1;
        while (low <= high)
        {
            var middle = low + ((high - low) >> 1);
            var order = bytes[offsets[middle]..offsets[middle + 1]].SequenceCompareTo(term);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    /// <summary>False when the last reference is gone: take a newer snapshot.</summary>
    public bool TryAddReference()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
        {
            return;
        }

        _file.Dispose();
        try
        {
            if (_dropped)
            {
                _files.Delete(Path);
            }

            _gone.SetResult();
        }
#pragma warning disable CA1031 // whoever waits for the removal gets the failure; a reader that released last must not
        catch (Exception e)
#pragma warning restore CA1031
        {
            _gone.SetException(e);
        }
    }

    /// <summary>Gives up the owner's reference and removes the file once no reader is left.</summary>
    public void Drop()
    {
        _dropped = true;
        Release();
    }

    private static (SegmentHeader Header, SectionEntry[] Sections) ReadHeader(MappedFile file)
    {
        if (file.Length < SegmentFormat.HeaderBytes)
        {
            throw new IndexCorruptException("A segment is shorter than its header.");
        }

        var bytes = file.Slice<byte>(0, SegmentFormat.HeaderBytes);
        var crc = MemoryMarshal.Read<uint>(bytes[^sizeof(uint)..]);
        var header = MemoryMarshal.Read<SegmentHeader>(bytes);
        if (header.Magic != MemoryMarshal.Read<ulong>(SegmentFormat.Magic) || crc != Crc32C.Of(bytes[..^sizeof(uint)]))
        {
            throw new IndexCorruptException("A segment's header is not intact.");
        }

        if (header.FormatVersion != SegmentFormat.FormatVersion || header.Sections != (int)SectionId.Count || header.FileBytes != file.Length)
        {
            throw new IndexCorruptException($"A segment has format {header.FormatVersion} or another length than its header says.");
        }

        var sections = MemoryMarshal.Cast<byte, SectionEntry>(bytes.Slice(Unsafe.SizeOf<SegmentHeader>(), header.Sections * Unsafe.SizeOf<SectionEntry>())).ToArray();
        for (var i = 0; i < sections.Length; i++)
        {
            if (sections[i].Id != i || sections[i].Bytes > SegmentFormat.MaxSectionBytes)
            {
                throw new IndexCorruptException("A segment's section table is out of order.");
            }
        }

        return (header, sections);
    }

    // The checksums say the bytes are as written; these say that the rows are inside their tables, so that no search can run past them.
    private void CheckRows()
    {
        var versions = Versions;
        int passage = 0, sentence = 0;
        foreach (ref readonly var v in versions)
        {
            if (v.FirstPassage != passage || v.FirstSentence != sentence || v.Passages < 0 || v.Sentences < 0)
            {
                throw new IndexCorruptException("Rows of a segment's versions are not contiguous.");
            }

            passage += v.Passages;
            sentence += v.Sentences;
        }

        if (passage != Header.Passages || sentence != Header.Sentences)
        {
            throw new IndexCorruptException("A segment's rows do not add up.");
        }

        sentence = 0;
        foreach (ref readonly var p in Passages)
        {
            if (p.FirstSentence != sentence || (uint)p.Language >= (uint)_languages.Length || (uint)p.Version >= (uint)versions.Length)
            {
                throw new IndexCorruptException("A segment's passages are not in order.");
            }

            sentence += p.Sentences;
        }
    }

    private string[] ReadLanguages()
    {
        var bytes = Rows<byte>(SectionId.Languages, Header.Languages * SegmentFormat.LanguageBytes);
        var languages = new string[Header.Languages];
        for (var i = 0; i < languages.Length; i++)
        {
            languages[i] = Encoding.ASCII.GetString(bytes.Slice(i * SegmentFormat.LanguageBytes, SegmentFormat.LanguageBytes).TrimEnd((byte)0));
        }

        return languages;
    }

    private ReadOnlySpan<float> Vector(SectionId id, int row)
    {
        var section = _sections[(int)id];
        var bytes = (long)Header.Dimensions * sizeof(float);
        if ((ulong)row >= (ulong)(section.Bytes / bytes))
        {
            throw new ArgumentOutOfRangeException(nameof(row));
        }

        return _file.Slice<float>(section.Offset + (row * bytes), Header.Dimensions);
    }

    private ReadOnlySpan<T> Section<T>(SectionId id)
        where T : unmanaged => _file.Slice<T>(_sections[(int)id].Offset, (int)(_sections[(int)id].Bytes / Unsafe.SizeOf<T>()));

    private ReadOnlySpan<T> Rows<T>(SectionId id, int count)
        where T : unmanaged
    {
        if ((long)count * Unsafe.SizeOf<T>() != _sections[(int)id].Bytes)
        {
            throw new IndexCorruptException($"Section {id} of a segment has another length than its rows need.");
        }

        return _file.Slice<T>(_sections[(int)id].Offset, count);
    }
}

/// <summary>Decodes one posting list: number of postings, then pairs of passage distance and frequency, all as LEB128.</summary>
internal ref struct PostingReader
{
    private ReadOnlySpan<byte> _bytes;
    private int _left;
    private int _passage;

    public PostingReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _passage = -1;
        Count = bytes.IsEmpty ? 0 : Read();
        _left = Count;
        Current = default;
    }

    public int Count { get; }

    public Posting Current { get; private set; }

    public readonly PostingReader GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }

        _left--;
        _passage += Read();
        Current = new Posting(_passage, Read());
        return true;
    }

    private int Read()
    {
        uint value = 0;
        for (var shift = 0; shift < 35 && !_bytes.IsEmpty; shift += 7)
        {
            var b = _bytes[0];
            _bytes = _bytes[1..];
            value |= (uint)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return (int)value;
            }
        }

        throw new IndexCorruptException("A posting list ends within a number.");
    }
}
