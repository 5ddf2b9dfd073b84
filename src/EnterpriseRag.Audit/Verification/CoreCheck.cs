using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Ledger;

namespace EnterpriseRag.Audit.Verification;

/// <summary>A sealed segment that a core names; <c>Hash</c> is null where only a commitment is recorded.</summary>
internal readonly record struct SegmentReference(long Seq, Guid Rid, string Name, byte[]? Hash);

/// <summary>Compares a core with the columns beside it. Allocates only for cores that name segments.</summary>
internal static class CoreCheck
{
    private const int MaxMembers = 64;

    /// <param name="log">Name of the log that is read.</param>
    /// <param name="row">The row.</param>
    /// <param name="segments">Receives the segments that the core names.</param>
    /// <returns>The fault, or null.</returns>
    public static (VerificationCode Code, string What)? Check(ReadOnlySpan<byte> log, in LeafRow row, List<SegmentReference> segments)
    {
        Span<CoreMember> members = stackalloc CoreMember[MaxMembers];
        if (!CanonicalReader.TryRead(row.Core, members, out var count))
        {
            return (VerificationCode.NotCanonical, "the core is not canonical");
        }

        var seen = Seen.None;
        foreach (var member in members[..count])
        {
            var name = row.Core[member.Name];
            var value = row.Core[member.Value];
            var (field, holds) = name switch
            {
                [(byte)'s', (byte)'e', (byte)'q'] => (Seen.Seq, Utf8Parser.TryParse(value, out long seq, out var used) && used == value.Length && seq == row.Seq),
                [(byte)'l', (byte)'o', (byte)'g'] => (Seen.Log, Unquoted(value).SequenceEqual(log)),
                [(byte)'r', (byte)'i', (byte)'d'] => (Seen.Rid, IsGuid(Unquoted(value), row.Rid)),
                [(byte)'o', (byte)'f'] => (Seen.Of, row.Of is { } of && IsGuid(Unquoted(value), of)),
                [(byte)'t'] => (Seen.Time, CanonicalText.TryParseTime(Unquoted(value), out var time) && time == row.Time),
                [(byte)'t', (byte)'y', (byte)'p', (byte)'e'] => (Seen.Type, IsType(Unquoted(value), row.Type)),
                [(byte)'s', (byte)'e', (byte)'g', (byte)'s'] => (Seen.None, ReadSegments(value, row, segments)),
                _ => (Seen.None, true),
            };
            if (!holds)
            {
                return (VerificationCode.GapOrDuplicate, $"core.{Encoding.UTF8.GetString(name)} is not that of the row: the record was moved, copied or renamed");
            }

            seen |= field;
        }

        var needed = Seen.Seq | Seen.Log | Seen.Rid | Seen.Time | Seen.Type | (row.Of is null ? Seen.None : Seen.Of);
        return seen == needed ? null : (VerificationCode.GapOrDuplicate, "the core lacks a field of its frame");
    }

    [Flags]
    private enum Seen
    {
        None = 0,
        Seq = 1,
        Log = 2,
        Rid = 4,
        Of = 8,
        Time = 16,
        Type = 32,
    }

    private static ReadOnlySpan<byte> Unquoted(ReadOnlySpan<byte> value) => value is [(byte)'"', .. var inner, (byte)'"'] ? inner : default;

    private static bool IsGuid(ReadOnlySpan<byte> text, Guid expected) => text.Length == 36 && Utf8Parser.TryParse(text, out Guid value, out var used, 'D') && used == 36 && value == expected;

    private static bool IsType(ReadOnlySpan<byte> text, short number)
    {
        Span<byte> name = stackalloc byte[32];
        return Encoding.UTF8.TryGetBytes(LeafTypes.NameOf(number), name, out var length) && text.SequenceEqual(name[..length]);
    }

    private static bool ReadSegments(ReadOnlySpan<byte> value, in LeafRow row, List<SegmentReference> segments)
    {
        if (value.Length <= 2)
        {
            return true; // []
        }

        var reader = new Utf8JsonReader(value);
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var entry in document.RootElement.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("n", out var name) || name.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            byte[]? hash = null;
            if (entry.TryGetProperty("h", out var h))
            {
                if (h.ValueKind != JsonValueKind.String || h.GetString() is not { Length: 43 } text || !Base64Url.IsValid(text))
                {
                    return false;
                }

                hash = Base64Url.DecodeFromChars(text);
            }

            segments.Add(new SegmentReference(row.Seq, row.Rid, name.GetString() ?? "", hash));
        }

        return true;
    }
}
