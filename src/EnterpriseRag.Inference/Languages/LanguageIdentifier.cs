namespace EnterpriseRag.Inference.Languages;

/// <summary>ISO 639-1 code, or "und"; <c>Confidence</c> 0 to 1.</summary>
public readonly record struct LanguageGuess(string Language, float Confidence);

/// <summary>Names the language of a text among 26 European languages (deploy/models/langid). Thread-safe.</summary>
public sealed class LanguageIdentifier
{
    /// <param name="text">Any text.</param>
    /// <param name="expected">Languages of the readable matters: they get a prior that settles one- and two-word texts and leaves sentences alone.</param>
    public LanguageGuess Identify(ReadOnlySpan<char> text, IReadOnlyCollection<string>? expected = null) => throw new NotSupportedException("stub");
}
