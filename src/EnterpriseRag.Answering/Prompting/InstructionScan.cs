using System.Text.RegularExpressions;

namespace EnterpriseRag.Answering.Prompting;

/// <summary>
/// Finds passages that read like orders to a machine ("ignore previous instructions"). They are flagged to the reader and in the ledger and kept
/// out of the prompt. A guard rail, not the wall: document text is fenced, encoded without special tokens, and can call nothing.
/// </summary>
internal static partial class InstructionScan
{
    public static bool IsSuspicious(string text) => Pattern().IsMatch(text);

    [GeneratedRegex(
        @"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|direction|above|previous)"
        + @"|\b(?:ignoriere|missachte|vergiss|vergesse|übergehe)\w*\b.{0,60}\b(?:anweisung|vorgabe|regel|prompt|instruktion|bisherig|vorherig)"
        + @"|\b(?:reveal|print|show|repeat|output)\b.{0,30}\b(?:system prompt|your (?:instructions|prompt|rules))"
        + @"|\byou are now\b|\bdu bist (?:jetzt|nun) (?:ein|kein)|\bas an ai (?:model|assistant)\b"
        + @"|\b(?:do not|don['’]t|never) (?:cite|log|record|mention (?:this|the) (?:source|instruction))"
        + @"|\b(?:zitiere|protokolliere|erwähne) (?:dies\w* |das )?nicht\b|<\|im_(?:start|end)\|>|\[/?INST\]",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 250)]
    private static partial Regex Pattern();
}
