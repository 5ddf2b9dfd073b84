using System.Text;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>Builds a grammar from its end: each part is given the node that follows it and returns its own first node.</summary>
internal sealed class GrammarBuilder
{
    // A schema of a thousand properties has some 30,000 nodes.
    private const int MaxNodes = 400_000;

    private readonly List<GrammarNode> _nodes = [];
    private readonly Dictionary<(ByteSet, int), int> _bytes = []; // equal nodes are one

    public GrammarBuilder() => End = Add(new GrammarNode(GrammarNodeKind.Return, default, -1, -1, []));

    /// <summary>The end of a rule, or of the text.</summary>
    public int End { get; }

    public Grammar Build(int start) => new([.. _nodes], start);

    public int Bytes(ByteSet set, int next)
    {
        if (!_bytes.TryGetValue((set, next), out int node))
        {
            _bytes[(set, next)] = node = Add(new GrammarNode(GrammarNodeKind.Bytes, set, next, -1, []));
        }

        return node;
    }

    public int Literal(string text, int next)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        for (int i = utf8.Length - 1; i >= 0; i--)
        {
            next = Bytes(ByteSet.Range(utf8[i], utf8[i]), next);
        }

        return next;
    }

    /// <summary>Any of several; none of them = nothing fits.</summary>
    public int Any(params ReadOnlySpan<int> ways) => ways.Length == 1 ? ways[0] : Add(new GrammarNode(GrammarNodeKind.Split, default, -1, -1, ways.ToArray()));

    public int Optional(Func<int, int> part, int next) => Any(part(next), next);

    /// <summary>A part any number of times.</summary>
    public int Star(Func<int, int> part, int next)
    {
        int loop = Reserve();
        Define(loop, part(loop), next);
        return loop;
    }

    /// <summary>A part from <paramref name="min"/> to <paramref name="max"/> times; null = without end.</summary>
    public int Repeat(Func<int, int> part, int min, int? max, int next)
    {
        if (max is { } most)
        {
            int after = next;
            for (int i = min; i < most; i++)
            {
                next = Any(part(next), after);
            }
        }
        else
        {
            next = Star(part, next);
        }

        for (int i = 0; i < min; i++)
        {
            next = part(next);
        }

        return next;
    }

    public int Call(int rule, int next) => Add(new GrammarNode(GrammarNodeKind.Call, default, next, rule, []));

    /// <summary>A node that is said later what it is: the beginning of a loop or of a rule that calls itself.</summary>
    public int Reserve() => Add(new GrammarNode(GrammarNodeKind.Split, default, -1, -1, []));

    public void Define(int reserved, params ReadOnlySpan<int> ways) => _nodes[reserved] = _nodes[reserved] with { Ways = ways.ToArray() };

    private int Add(GrammarNode node)
    {
        if (_nodes.Count == MaxNodes)
        {
            throw new NotSupportedException("The response format is too large for constrained output.");
        }

        _nodes.Add(node);
        return _nodes.Count - 1;
    }
}
