namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>One answer on its way through a grammar.</summary>
internal sealed class GrammarConstraint(ByteAutomaton automaton, TokenVocabulary vocabulary) : ITokenConstraint
{
    private AutomatonState? _state; // null: at the beginning

    /// <summary>Whether the text may end here.</summary>
    public bool IsComplete => (_state ?? automaton.Start()).IsComplete;

    public void FillMask(Span<ulong> mask)
    {
        ReadOnlySpan<ulong> allowed = automaton.Mask(_state ??= automaton.Start());
        int words = Math.Min(allowed.Length, mask.Length);
        allowed[..words].CopyTo(mask);
        mask[words..].Clear();
    }

    public void Accept(int token)
    {
        AutomatonState state = _state ?? automaton.Start();
        foreach (byte value in vocabulary.Bytes(token)) // a stop token has none
        {
            state = automaton.Next(state, value);
        }

        _state = state;
    }

    public void Reset() => _state = null;
}
