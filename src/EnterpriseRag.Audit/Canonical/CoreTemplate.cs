using System.Buffers;
using System.Globalization;
using System.Text;

namespace EnterpriseRag.Audit.Canonical;

/// <summary>
/// A finished core without its place in the log. The canonical bytes are written once; when the writer gives it a sequence number and a time,
/// these are put between the kept pieces, so nothing is serialised twice. Immutable.
/// </summary>
internal sealed class CoreTemplate
{
    private const int TimeLength = 27;
    private const int MaxSeqDigits = 16;

    private readonly byte[] _bytes; // canonical, with no digits at _seqAt and blanks at _timeAt
    private readonly int _seqAt;
    private readonly int _timeAt;

    private CoreTemplate(byte[] bytes, int seqAt, int timeAt)
    {
        _bytes = bytes;
        _seqAt = seqAt;
        _timeAt = timeAt;
    }

    /// <summary>Bytes of the core at most (with the longest sequence number).</summary>
    public int MaxLength => _bytes.Length + MaxSeqDigits;

    /// <param name="core">All members but <c>seq</c> and <c>t</c>.</param>
    /// <exception cref="CanonicalException">The core holds <c>seq</c> or <c>t</c>, or is over 65,535 bytes.</exception>
    public static CoreTemplate From(CoreObject core)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        var seqAt = -1;
        var timeAt = -1;
        var first = true;
        output.Write("{"u8);
        foreach (var (name, value) in core.Members)
        {
            if (name is "seq" or "t")
            {
                throw new CanonicalException($"The writer sets '{name}'.");
            }

            PlaceBefore(name);
            CoreObject.WriteName(output, name, ref first);
            CanonicalText.WriteValue(output, value);
        }

        PlaceBefore(null);
        output.Write("}"u8);
        var template = new CoreTemplate(output.WrittenSpan.ToArray(), seqAt, timeAt);
        return template.MaxLength <= CanonicalText.MaxCoreBytes
            ? template
            : throw new CanonicalException($"The core would have {template.MaxLength} bytes; {CanonicalText.MaxCoreBytes} is the limit.");

        void PlaceBefore(string? name)
        {
            if (seqAt < 0 && Precedes("seq", name))
            {
                CoreObject.WriteName(output, "seq", ref first);
                seqAt = output.WrittenCount;
            }

            if (timeAt < 0 && Precedes("t", name))
            {
                CoreObject.WriteName(output, "t", ref first);
                output.Write("\""u8);
                timeAt = output.WrittenCount;
                output.Write(new byte[TimeLength]);
                output.Write("\""u8);
            }
        }

        static bool Precedes(string own, string? next) => next is null || string.CompareOrdinal(own, next) < 0;
    }

    /// <summary>The bytes that are stored and hashed.</summary>
    public byte[] Complete(long seq, DateTimeOffset time)
    {
        var digits = seq.ToString(CultureInfo.InvariantCulture);
        var core = new byte[_bytes.Length + digits.Length];
        _bytes.AsSpan(0, _seqAt).CopyTo(core);
        Encoding.ASCII.GetBytes(digits, core.AsSpan(_seqAt));
        _bytes.AsSpan(_seqAt).CopyTo(core.AsSpan(_seqAt + digits.Length));
        var timeAt = _timeAt < _seqAt ? _timeAt : _timeAt + digits.Length;
        Encoding.ASCII.GetBytes(CanonicalText.Time(time), core.AsSpan(timeAt, TimeLength));
        return core;
    }
}
