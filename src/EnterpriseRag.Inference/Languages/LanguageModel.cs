using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace EnterpriseRag.Inference.Languages;

/// <summary>The contents of langid.bin (docs/formats/langid.md): languages, n-grams, and for each n-gram a byte per language.</summary>
internal sealed class LanguageModel
{
    public const int MaxLanguages = 256;

    // Three times the model in the box: a damaged or hostile file cannot unpack to more.
    private const int MaxBytes = 10 << 20;
    private const int HeaderBytes = 18;
    private const int CodeBytes = 4;

    private readonly byte[] _table;

    private LanguageModel(string[] languages, float[] logPriors, float low, float step, NgramAutomaton automaton, byte[] table)
    {
        Languages = languages;
        LogPriors = logPriors;
        Low = low;
        Step = step;
        Automaton = automaton;
        _table = table;
    }

    public string[] Languages { get; }

    public float[] LogPriors { get; }

    /// <summary>Log likelihood of an n-gram in a language: <see cref="Low"/> + <see cref="Step"/> · byte of <see cref="Row"/>.</summary>
    public float Low { get; }

    public float Step { get; }

    public NgramAutomaton Automaton { get; }

    public ReadOnlySpan<byte> Row(int ngram) => _table.AsSpan(ngram * Languages.Length, Languages.Length);

    /// <exception cref="InvalidDataException">Not such a file.</exception>
    public static LanguageModel ReadCompressed(Stream gzip)
    {
        using var unpack = new GZipStream(gzip, CompressionMode.Decompress);
        using var memory = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = unpack.Read(buffer)) > 0;)
        {
            memory.Write(buffer, 0, read);
            if (memory.Length > MaxBytes)
            {
                throw new InvalidDataException($"it unpacks to more than {MaxBytes >> 20} MB");
            }
        }

        return Read(memory.GetBuffer().AsSpan(0, (int)memory.Length));
    }

    /// <exception cref="InvalidDataException">Not such a file.</exception>
    public static LanguageModel Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || !bytes.StartsWith("LID1"u8))
        {
            throw new InvalidDataException("it does not begin with LID1");
        }

        int languageCount = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        var ngramCount = BinaryPrimitives.ReadUInt32LittleEndian(bytes[6..]);
        var (low, step) = (BinaryPrimitives.ReadSingleLittleEndian(bytes[10..]), BinaryPrimitives.ReadSingleLittleEndian(bytes[14..]));
        if (languageCount is 0 or > MaxLanguages || ngramCount is 0 || ngramCount > bytes.Length / (languageCount + 2) || !float.IsFinite(low) || !float.IsFinite(step))
        {
            throw new InvalidDataException("its header has impossible numbers");
        }

        var reader = new Cursor(bytes[HeaderBytes..]);
        var languages = new string[languageCount];
        foreach (ref var language in languages.AsSpan())
        {
            language = Encoding.ASCII.GetString(reader.Take(CodeBytes).TrimEnd((byte)0));
        }

        var logPriors = new float[languageCount];
        foreach (ref var prior in logPriors.AsSpan())
        {
            prior = BinaryPrimitives.ReadSingleLittleEndian(reader.Take(sizeof(float)));
        }

        var ngrams = new byte[ngramCount][];
        foreach (ref var ngram in ngrams.AsSpan())
        {
            ngram = reader.Take(reader.Take(1)[0]).ToArray();
        }

        var table = reader.Take((int)ngramCount * languageCount).ToArray();
        return reader.IsAtEnd
            ? new LanguageModel(languages, logPriors, low, step, new NgramAutomaton(ngrams), table)
            : throw new InvalidDataException("it is longer than its header says");
    }

    private ref struct Cursor(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public ReadOnlySpan<byte> Take(int length)
        {
            if (length > _rest.Length)
            {
                throw new InvalidDataException("it is shorter than its header says");
            }

            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
