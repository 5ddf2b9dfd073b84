using EnterpriseRag.Inference.Generation.KvCache;

namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>
/// Which sequence lies in which slot. Sequences that decode fill the first slots without a hole, those of one adapter side by side, so that each adapter's are one
/// run; sequences still in their prompt lie anywhere behind them. Holes are closed by copying one sequence a group, once; an
/// idle row would cost in every step. Also keeps account of the memory that slots hold. Engine thread only.
/// </summary>
internal sealed class SlotTable
{
    /// <summary>Tokens are counted in pages: 16 of 64 floats a head are 4 KB.</summary>
    private const int PageTokens = 16;

    private readonly KvSlots _slots;
    private readonly PrefixCache _prefixes;
    private readonly Sequence?[] _bySlot;
    private readonly int[] _touched; // tokens of each slot whose memory was written and not given back
    private readonly List<Group> _groups = []; // in the order of their slots
    private readonly long _budgetTokens;

    /// <param name="slots">One more than sequences may run: displaced prompts need a place.</param>
    /// <param name="prefixes">Shares the budget and makes way for sequences.</param>
    /// <param name="budgetTokens">Tokens whose keys and values may be in memory.</param>
    public SlotTable(KvSlots slots, PrefixCache prefixes, long budgetTokens)
    {
        (_slots, _prefixes, _budgetTokens) = (slots, prefixes, budgetTokens);
        _bySlot = new Sequence?[slots.Slots];
        _touched = new int[slots.Slots];
    }

    /// <summary>Sequences that have a slot.</summary>
    public int Count { get; private set; }

    /// <summary>Sequences that decode: slots 0 to this.</summary>
    public int Decoding { get; private set; }

    /// <summary>Adapters with decoding sequences; each has its own run.</summary>
    public int Groups => _groups.Count;

    /// <summary>Tokens whose memory is taken or promised.</summary>
    private long FootprintTokens
    {
        get
        {
            long tokens = 0;
            for (int slot = 0; slot < _bySlot.Length; slot++)
            {
                tokens += Math.Max(_touched[slot], RoundUp(_bySlot[slot]?.ReservedTokens ?? 0));
            }

            return tokens;
        }
    }

    public Sequence? this[int slot] => _bySlot[slot];

    /// <summary>Slots of a group: its first and their number.</summary>
    public (int First, int Count, string? Adapter) GroupAt(int index)
    {
        Group group = _groups[index];
        return (group.First, group.Count, group.Adapter);
    }

    /// <summary>Makes room for a sequence of so many tokens, prompt and answer; false when others would have to end first. Allocates nothing.</summary>
    public bool TryMakeRoom(int tokens)
    {
        long needed = RoundUp(tokens);
        long promised = 0;
        foreach (Sequence? sequence in _bySlot)
        {
            promised += RoundUp(sequence?.ReservedTokens ?? 0);
        }

        if (promised + needed > _budgetTokens)
        {
            return false;
        }

        // Memory that finished sequences left behind goes before what the prefix cache holds: it serves nobody.
        for (int slot = 0; slot < _bySlot.Length && Taken + needed > _budgetTokens; slot++)
        {
            int keep = RoundUp(_bySlot[slot]?.ReservedTokens ?? 0);
            if (_touched[slot] > keep)
            {
                _slots.Discard(slot, keep);
                _touched[slot] = keep;
            }
        }

        while (Taken + needed > _budgetTokens && _prefixes.DropOldest())
        {
        }

        return true;
    }

    /// <summary>Tokens that the budget has left.</summary>
    public long FreeTokens => _budgetTokens - Taken;

    /// <summary>Gives a slot to a sequence that begins its prompt.</summary>
    public void Add(Sequence sequence)
    {
        // The next one that will decode, if it is free: then nothing is copied when the prompt is done.
        Put(sequence, FreeSlot());
        Count++;
    }

    /// <summary>The prompt is done: the sequence joins those that decode.</summary>
    public void Join(Sequence sequence)
    {
        string? adapter = sequence.Request.Placement.Adapter;
        int index = _groups.FindIndex(g => string.Equals(g.Adapter, adapter, StringComparison.Ordinal));
        if (index < 0)
        {
            index = _groups.Count;
            _groups.Add(new Group(adapter) { First = Decoding });
        }

        bool isLast = index == _groups.Count - 1;
        if (_bySlot[Decoding] is { } other && (other != sequence || !isLast))
        {
            Move(other, FreeSlot());
        }

        int hole = Decoding;
        for (int later = _groups.Count - 1; later > index; later--)
        {
            Group group = _groups[later];
            Move(At(group.First), hole);
            hole = group.First++;
        }

        if (sequence.Slot != hole)
        {
            Move(sequence, hole);
        }

        _groups[index].Count++;
        Decoding++;
    }

    /// <summary>Frees the slot of a sequence that has ended.</summary>
    public void Remove(Sequence sequence)
    {
        int hole = sequence.Slot;
        Touch(sequence);
        _bySlot[hole] = null;
        Count--;
        if (hole >= Decoding)
        {
            return;
        }

        int index = _groups.FindIndex(g => hole >= g.First && hole < g.First + g.Count);
        int last = _groups[index].First + _groups[index].Count - 1;
        Close(ref hole, last);
        if (--_groups[index].Count == 0)
        {
            _groups.RemoveAt(index);
            index--;
        }

        for (int later = index + 1; later < _groups.Count; later++)
        {
            Group group = _groups[later];
            Close(ref hole, group.First + group.Count - 1);
            group.First--;
        }

        Decoding--;

        void Close(ref int into, int from)
        {
            if (from != into)
            {
                Move(At(from), into);
            }

            into = from;
        }
    }

    private long Taken => FootprintTokens + _prefixes.Tokens;

    private int RoundUp(int tokens) => Math.Min(_slots.Capacity, (tokens + PageTokens - 1) / PageTokens * PageTokens);

    private Sequence At(int slot) => _bySlot[slot] ?? throw new InvalidOperationException("A decoding slot is empty.");

    private int FreeSlot()
    {
        int slot = Array.IndexOf(_bySlot, null, Decoding);
        return slot >= 0 ? slot : throw new InvalidOperationException("No slot is free.");
    }

    private void Put(Sequence sequence, int slot)
    {
        _bySlot[slot] = sequence;
        sequence.Slot = slot;
    }

    private void Move(Sequence sequence, int to)
    {
        int from = sequence.Slot;
        Touch(sequence);
        bool tight = Taken + sequence.Length > _budgetTokens;
        _slots.Move(from, to, sequence.Length, discard: tight);
        _touched[from] = tight ? 0 : _touched[from];
        _bySlot[from] = null;
        Put(sequence, to);
        Touch(sequence);
    }

    private void Touch(Sequence sequence) => _touched[sequence.Slot] = Math.Max(_touched[sequence.Slot], RoundUp(sequence.Length));

    private sealed class Group(string? adapter)
    {
        public string? Adapter { get; } = adapter;

        public int First { get; set; }

        public int Count { get; set; }
    }
}
