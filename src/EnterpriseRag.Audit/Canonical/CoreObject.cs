using System.Buffers;

namespace EnterpriseRag.Audit.Canonical;

/// <summary>
/// A JSON object that can only hold what the profile <c>ragaudit-jcs/1</c> allows: strings without lone surrogates, integers within
/// ±(2^53-1), booleans, objects and arrays of these. There is no null: an absent value is an absent member. Not safe for concurrent use.
/// </summary>
internal sealed class CoreObject
{
    private readonly SortedDictionary<string, object> _members = new(StringComparer.Ordinal);

    public int Count => _members.Count;

    public CoreObject Add(string name, string value) => Put(name, CanonicalText.Check(value));

    public CoreObject Add(string name, long value) => Put(name, CanonicalText.Check(value));

    public CoreObject Add(string name, bool value) => Put(name, value);

    public CoreObject Add(string name, CoreObject value) => Put(name, value);

    public CoreObject Add(string name, CoreArray value) => Put(name, value);

    public CoreObject AddIfPresent(string name, string? value) => value is null ? this : Add(name, value);

    /// <summary>UTF-8 canonical bytes.</summary>
    public byte[] ToCanonicalBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        WriteTo(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    internal void WriteTo(IBufferWriter<byte> output)
    {
        output.Write("{"u8);
        var first = true;
        foreach (var (name, value) in _members)
        {
            WriteName(output, name, ref first);
            CanonicalText.WriteValue(output, value);
        }

        output.Write("}"u8);
    }

    internal IEnumerable<KeyValuePair<string, object>> Members => _members;

    internal static void WriteName(IBufferWriter<byte> output, string name, ref bool first)
    {
        if (!first)
        {
            output.Write(","u8);
        }

        first = false;
        CanonicalText.WriteString(output, name);
        output.Write(":"u8);
    }

    private CoreObject Put(string name, object value)
    {
        if (!CanonicalText.IsName(name))
        {
            throw new CanonicalException($"The member name '{name}' is outside [a-z][a-z0-9_]*.");
        }

        if (!_members.TryAdd(name, value))
        {
            throw new CanonicalException($"The member '{name}' is given twice.");
        }

        return this;
    }
}

/// <summary>An array within a <see cref="CoreObject"/>; order is kept.</summary>
internal sealed class CoreArray
{
    private readonly List<object> _items = [];

    public IReadOnlyList<object> Items => _items;

    public CoreArray Add(string value)
    {
        _items.Add(CanonicalText.Check(value));
        return this;
    }

    public CoreArray Add(long value)
    {
        _items.Add(CanonicalText.Check(value));
        return this;
    }

    public CoreArray Add(bool value)
    {
        _items.Add(value);
        return this;
    }

    public CoreArray Add(CoreObject value)
    {
        _items.Add(value);
        return this;
    }

    public CoreArray Add(CoreArray value)
    {
        _items.Add(value);
        return this;
    }

    internal void WriteTo(IBufferWriter<byte> output)
    {
        output.Write("["u8);
        for (var i = 0; i < _items.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            CanonicalText.WriteValue(output, _items[i]);
        }

        output.Write("]"u8);
    }
}

/// <summary>A value cannot be expressed in <c>ragaudit-jcs/1</c>.</summary>
internal sealed class CanonicalException(string message) : ArgumentException(message);
