using System.ComponentModel.DataAnnotations;

namespace EnterpriseRag.Answering.Ask;

/// <summary>How answers are made. Every value is part of the effective configuration that the ledger records.</summary>
public sealed class AnsweringOptions
{
    public const string Section = "Answering";

    /// <summary>Passages retrieved for a question.</summary>
    [Range(1, 100)]
    public int Passages { get; set; } = 10;

    /// <summary>Longest question in UTF-16 characters.</summary>
    [Range(10, 100_000)]
    public int MaxQuestionLength { get; set; } = 4000;

    /// <summary>Tokens that system text, passages and question may use together.</summary>
    [Range(128, 1_000_000)]
    public int PromptTokens { get; set; } = 1200;

    /// <summary>Most tokens of a generated answer.</summary>
    [Range(8, 8192)]
    public int MaxAnswerTokens { get; set; } = 120;
}
