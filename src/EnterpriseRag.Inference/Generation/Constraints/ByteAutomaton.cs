using System.Runtime.CompilerServices;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>A set of places in a grammar where a text may be; states that are equal are one. Not thread-safe: of the thread that runs the automaton.</summary>
internal sealed class AutomatonState((int Node, CallFrame? Frame)[] places, bool isComplete, int classes)
{
    /// <summary>By class of byte; null: not looked at yet.</summary>
    public AutomatonState?[] Following { get; } = places.Length == 0 ? [] : new AutomatonState?[classes];

    /// <summary>Nodes that take bytes, each with the calls it is inside of.</summary>
    public (int Node, CallFrame? Frame)[] Places => places;

    /// <summary>The text may end here.</summary>
    public bool IsComplete => isComplete;

    /// <summary>The text cannot be completed any more.</summary>
    public bool IsDead => places.Length == 0 && !isComplete;

    /// <summary>The tokens that may come next; null: not looked at yet.</summary>
    public ulong[]? Mask { get; set; }
}

/// <summary>Where a rule returns to, and the rule around it. Equal frames are one object, known by its number.</summary>
internal sealed class CallFrame(int target, CallFrame? outer, int number)
{
    public int Return => target;

    public CallFrame? Outer => outer;

    public int Number => number;

    public int Depth { get; } = (outer?.Depth ?? 0) + 1;
}

/// <summary>
/// Runs a grammar over the bytes of a vocabulary. Sets of places become states once and are looked up from then on, so that the walk through all tokens is a
/// walk through tables, and a state met before costs nothing. Shared by all sequences of one model with the same grammar; one thread.
/// </summary>
internal sealed class ByteAutomaton
{
    // A table's schema meets some 300 states and 150 masks (19 KB each of a vocabulary of 150,000 tokens). Beyond these it begins anew, at about 40 MB.
    private const int MaxStates = 20_000;
    private const long MaxMaskBytes = 16 << 20;
    private const long MaxPlaces = 1 << 20;

    // About a third of a second. An expression that is everywhere at once, (.*x.{900}) for example, must not hold up the other sequences of the model.
    private const int MaxWork = 10_000_000;

    private readonly Grammar _grammar;
    private readonly TokenVocabulary _vocabulary;
    private readonly byte[] _classes;
    private readonly int _classCount;
    private readonly byte[] _representatives; // by class: one of its bytes
    private readonly AutomatonState _dead;
    private readonly List<(int Node, CallFrame? Frame)> _places = [];
    private readonly HashSet<(int Node, CallFrame? Frame)> _visited = [];
    private readonly Stack<(int Node, CallFrame? Frame)> _entering = [];
    private readonly Dictionary<(int, CallFrame?), CallFrame> _frames = [];
    private readonly Dictionary<PlaceSet, AutomatonState> _states = [];
    private AutomatonState? _start;
    private long _maskBytes;
    private long _placesKept;
    private int _work; // places gone through for the mask that is made
    private int _frameNumber = 1;
    private bool _isComplete;

    /// <exception cref="ArgumentException">The vocabulary cannot write any text that fits.</exception>
    public ByteAutomaton(Grammar grammar, TokenVocabulary vocabulary)
    {
        // Bytes without a token of their own are left out, so that from no state on the tokens run out.
        (_grammar, _vocabulary) = (grammar.Within(vocabulary.Spellable), vocabulary);
        _classes = _grammar.ByteClasses(out _classCount);
        _representatives = new byte[_classCount];
        for (int value = 0; value < 256; value++)
        {
            _representatives[_classes[value]] = (byte)value;
        }

        _dead = new AutomatonState([], isComplete: false, _classCount);
    }

    /// <summary>The states along a token's bytes during a walk.</summary>
    public AutomatonState[] Path { get; } = new AutomatonState[TokenVocabulary.MaxLength + 1];

    /// <summary>How many states there are by now.</summary>
    public int StateCount => _states.Count;

    /// <summary>The beginning of a text.</summary>
    public AutomatonState Start()
    {
        if (_start is null)
        {
            Begin();
            Enter(_grammar.Start, null);
            _start = Intern();
        }

        return _start;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public AutomatonState Next(AutomatonState state, byte value) => state.Places.Length == 0 ? _dead : state.Following[_classes[value]] ?? Compute(state, _classes[value]);

    /// <summary>The tokens that may come next, stop tokens included where the text may end.</summary>
    /// <exception cref="NotSupportedException">The grammar is at too many places at once.</exception>
    public ReadOnlySpan<ulong> Mask(AutomatonState state)
    {
        if (state.Mask is { } known)
        {
            return known;
        }

        _work = 0;
        ulong[] mask = new ulong[_vocabulary.Words];
        _vocabulary.Walk(this, state, mask);
        if (state.IsComplete)
        {
            foreach (int token in _vocabulary.StopTokens)
            {
                mask[token >> 6] |= 1UL << (token & 63);
            }
        }

        state.Mask = mask;
        _maskBytes += mask.Length * sizeof(ulong);
        return mask;
    }

    private AutomatonState Compute(AutomatonState state, int byteClass)
    {
        byte value = _representatives[byteClass];
        Begin();
        foreach ((int node, CallFrame? frame) in state.Places)
        {
            ref readonly GrammarNode taken = ref _grammar[node];
            if (taken.Set.Contains(value))
            {
                Enter(taken.Target, frame);
            }
        }

        AutomatonState next = Intern();
        state.Following[byteClass] = next;
        return next;
    }

    private void Begin()
    {
        _places.Clear();
        _visited.Clear();
        _isComplete = false;
    }

    /// <summary>Adds the places reached from a node without taking a byte.</summary>
    private void Enter(int start, CallFrame? within)
    {
        _entering.Push((start, within));
        while (_entering.TryPop(out (int Node, CallFrame? Frame) place))
        {
            if (!_grammar.CanEnd(place.Node, place.Frame?.Depth ?? 0) || !_visited.Add(place))
            {
                continue;
            }

            if (++_work > MaxWork)
            {
                _entering.Clear();
                throw new NotSupportedException("The response format is too ambiguous for constrained output: it may be at too many places at once.");
            }

            ref readonly GrammarNode node = ref _grammar[place.Node];
            switch (node.Kind)
            {
                case GrammarNodeKind.Bytes:
                    _places.Add(place);
                    break;
                case GrammarNodeKind.Split:
                    foreach (int way in node.Ways)
                    {
                        _entering.Push((way, place.Frame));
                    }

                    break;
                case GrammarNodeKind.Call:
                    // A call at the very end of a rule returns where the rule does.
                    _entering.Push((node.Rule, _grammar[node.Target].Kind == GrammarNodeKind.Return ? place.Frame : Frame(node.Target, place.Frame)));
                    break;
                default:
                    if (place.Frame is { } frame)
                    {
                        _entering.Push((frame.Return, frame.Outer));
                    }
                    else
                    {
                        _isComplete = true;
                    }

                    break;
            }
        }
    }

    private CallFrame Frame(int target, CallFrame? outer)
    {
        if (!_frames.TryGetValue((target, outer), out CallFrame? frame))
        {
            _frames[(target, outer)] = frame = new CallFrame(target, outer, _frameNumber++);
        }

        return frame;
    }

    private AutomatonState Intern()
    {
        if (_places.Count == 0 && !_isComplete)
        {
            return _dead;
        }

        _places.Sort(static (a, b) => a.Node != b.Node ? a.Node.CompareTo(b.Node) : (a.Frame?.Number ?? 0).CompareTo(b.Frame?.Number ?? 0));
        var key = new PlaceSet([.. _places], _isComplete);
        if (_states.TryGetValue(key, out AutomatonState? state))
        {
            return state;
        }

        if (_states.Count >= MaxStates || _maskBytes >= MaxMaskBytes || _placesKept >= MaxPlaces)
        {
            // Sequences keep the states they are in; those lead into new ones.
            _states.Clear();
            _frames.Clear();
            _start = null;
            (_maskBytes, _placesKept) = (0, 0);
        }

        state = new AutomatonState(key.Places, _isComplete, _classCount);
        _states[key] = state;
        _placesKept += key.Places.Length;
        return state;
    }

    private readonly struct PlaceSet((int Node, CallFrame? Frame)[] places, bool isComplete) : IEquatable<PlaceSet>
    {
        public (int Node, CallFrame? Frame)[] Places => places;

        public bool IsComplete => isComplete;

        public bool Equals(PlaceSet other)
        {
            if (isComplete != other.IsComplete || places.Length != other.Places.Length)
            {
                return false;
            }

            for (int i = 0; i < places.Length; i++)
            {
                if (places[i].Node != other.Places[i].Node || !ReferenceEquals(places[i].Frame, other.Places[i].Frame))
                {
                    return false;
                }
            }

            return true;
        }

        public override bool Equals(object? obj) => obj is PlaceSet other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(isComplete);
            foreach ((int node, CallFrame? frame) in places)
            {
                hash.Add(node);
                hash.Add(frame?.Number ?? 0);
            }

            return hash.ToHashCode();
        }
    }
}
