using System.Globalization;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Audit.Canonical;

namespace EnterpriseRag.Audit.Tests.Canonical;

/// <summary>The profile written a second time from its rules, on System.Text.Json for parsing: what the product is compared with.</summary>
internal static class IndependentJcs
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Write(object tree)
    {
        var text = new StringBuilder();
        Write(text, tree);
        return s_strict.GetBytes(text.ToString());
    }

    /// <summary>Parses and writes again; canonical when the bytes come back.</summary>
    public static bool IsCanonical(byte[] bytes)
    {
        try
        {
            s_strict.GetString(bytes);
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.ValueKind == JsonValueKind.Object && Write(Read(document.RootElement)).AsSpan().SequenceEqual(bytes);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            return false;
        }
    }

    private static object Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().ToDictionary(p => p.Name, p => Read(p.Value), StringComparer.Ordinal), // throws on duplicates
        JsonValueKind.Array => element.EnumerateArray().Select(Read).ToList(),
        JsonValueKind.String => element.GetString() ?? throw new FormatException(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => long.Parse(element.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        _ => throw new FormatException("no null in this profile"),
    };

    private static void Write(StringBuilder text, object value)
    {
        switch (value)
        {
            case Dictionary<string, object> members:
                text.Append('{');
                text.AppendJoin(',', members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m =>
                {
                    if (m.Key.Length == 0 || !char.IsAsciiLetterLower(m.Key[0]) || m.Key.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '_'))
                    {
                        throw new FormatException("name");
                    }

                    var inner = new StringBuilder();
                    Write(inner, m.Key);
                    inner.Append(':');
                    Write(inner, m.Value);
                    return inner.ToString();
                }));
                text.Append('}');
                break;
            case List<object> items:
                text.Append('[');
                text.AppendJoin(',', items.Select(i =>
                {
                    var inner = new StringBuilder();
                    Write(inner, i);
                    return inner.ToString();
                }));
                text.Append(']');
                break;
            case string s:
                text.Append('"');
                foreach (var c in s)
                {
                    text.Append(c switch
                    {
                        '"' => "\\\"",
                        '\\' => "\\\\",
                        '\b' => "\\b",
                        '\f' => "\\f",
                        '\n' => "\\n",
                        '\r' => "\\r",
                        '\t' => "\\t",
                        < ' ' => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
                        _ => c.ToString(),
                    });
                }

                text.Append('"');
                break;
            case bool b:
                text.Append(b ? "true" : "false");
                break;
            case long n when Math.Abs(n) <= 9_007_199_254_740_991:
                text.Append(n.ToString(CultureInfo.InvariantCulture));
                break;
            default:
                throw new FormatException("value");
        }
    }
}

internal static class RandomCore
{
    private static readonly string[] s_pieces = ["a", "ü", "é", "é", "😀", "\"", "\\", "\n", "\u0001", "\u001f", "/", "<", "+", "\u2028", "Kündigung", "\u007f", "\uffff"];
    private static readonly string[] s_damage = [" ", "\"", "\\", "0", "-", ".0", "e3", ",", "null", "A", "\\u00fc", "\\u0001", "\\n", "\u0001", "a", "}", "1", "\\u000a", "\\u001F", "true"];

    public static (CoreObject Core, Dictionary<string, object> Tree) Next(Random random, int depth = 0)
    {
        var core = new CoreObject();
        var tree = new Dictionary<string, object>(StringComparer.Ordinal);
        var members = random.Next(depth == 0 ? 6 : 4);
        for (var i = 0; i < members; i++)
        {
            var name = "abcxyz"[random.Next(6)] + (random.Next(3) == 0 ? "_" + random.Next(12) : "");
            if (tree.ContainsKey(name))
            {
                continue;
            }

            switch (random.Next(depth < 3 ? 5 : 3))
            {
                case 0:
                    var text = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => s_pieces[random.Next(s_pieces.Length)]));
                    core.Add(name, text);
                    tree[name] = text;
                    break;
                case 1:
                    var number = random.NextInt64(-9_007_199_254_740_991, 9_007_199_254_740_992) >> random.Next(53);
                    core.Add(name, number);
                    tree[name] = number;
                    break;
                case 2:
                    core.Add(name, random.Next(2) == 0);
                    tree[name] = core.Members.First(m => string.Equals(m.Key, name, StringComparison.Ordinal)).Value;
                    break;
                case 3:
                    var child = Next(random, depth + 1);
                    core.Add(name, child.Core);
                    tree[name] = child.Tree;
                    break;
                default:
                    var array = new CoreArray();
                    var list = new List<object>();
                    for (var k = random.Next(4); k > 0; k--)
                    {
                        var item = Next(random, depth + 1);
                        array.Add(item.Core).Add(k).Add("x" + k);
                        list.AddRange([item.Tree, (long)k, "x" + k]);
                    }

                    core.Add(name, array);
                    tree[name] = list;
                    break;
            }
        }

        return (core, tree);
    }

    public static byte[] Damage(Random random, byte[] bytes)
    {
        var at = random.Next(bytes.Length);
        var piece = Encoding.UTF8.GetBytes(s_damage[random.Next(s_damage.Length)]);
        return random.Next(4) switch
        {
            0 => [.. bytes[..at], .. piece, .. bytes[at..]],
            1 => [.. bytes[..at], .. bytes[(at + 1)..]],
            2 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
            _ => [.. bytes[..at], .. piece, .. bytes[(at + 1)..]],
        };
    }
}
