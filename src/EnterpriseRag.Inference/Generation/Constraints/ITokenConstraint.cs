namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>What one answer may say next, for example by a JSON schema. State of one sequence; used by the engine's thread alone; allocates nothing per token.</summary>
internal interface ITokenConstraint
{
    /// <summary>Overwrites the mask: bit i of word i / 64 is set when token i may come next. When the text is complete, the stop tokens' bits are set.</summary>
    /// <param name="mask">One bit for each id of the vocabulary, rounded up to whole words.</param>
    void FillMask(Span<ulong> mask);

    /// <summary>Goes on by a token whose bit was set.</summary>
    void Accept(int token);

    /// <summary>Back to the beginning, for another answer.</summary>
    void Reset();
}
