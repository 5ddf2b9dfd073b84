using System.Buffers;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Languages;

/// <summary>ISO 639-1 code, or "und"; <c>Confidence</c> 0 to 1.</summary>
public readonly record struct LanguageGuess(string Language, float Confidence);

/// <summary>Names the language of a text among 26 European languages (deploy/models/langid). Thread-safe; about 4 MB.</summary>
public sealed class LanguageIdentifier
{
    /// <summary>What a text without any known n-gram gets ("ok", an empty text), with confidence 0.</summary>
    public const string Undetermined = "und";

    // 1 to 2 settles texts of one or two words and leaves sentences alone (deploy/models/langid/README.md).
    private const double ExpectedPrior = 1.5;

    private readonly LanguageModel _model;

    private LanguageIdentifier(LanguageModel model) => _model = model;

    /// <summary>Codes of the languages it knows.</summary>
    public IReadOnlyList<string> Languages => _model.Languages;

    /// <summary>Opens a model folder after checking its checksums (about 60 ms).</summary>
    /// <exception cref="ModelFolderException">A file is missing or altered, or the model is damaged.</exception>
    /// <exception cref="PlatformNotSupportedException">The process has no ICU.</exception>
    public static LanguageIdentifier Load(string folder)
    {
        UnicodeSupport.Require();
        var path = ModelFolder.Open(folder).File("langid.bin.gz");
        try
        {
            using var file = File.OpenRead(path);
            return new LanguageIdentifier(LanguageModel.ReadCompressed(file));
        }
        catch (InvalidDataException e)
        {
            throw new ModelFolderException($"{path} is not a language model: {e.Message}", e);
        }
    }

    /// <param name="text">Any text. Time grows with its length (5 to 10 MB/s): the first few thousand characters name a document's language.</param>
    /// <param name="expected">Languages of the readable matters: they get a prior that settles one- and two-word texts and leaves sentences alone.</param>
    public LanguageGuess Identify(ReadOnlySpan<char> text, IReadOnlyCollection<string>? expected = null)
    {
        using var bytes = LanguageText.Prepare(text);
        var hits = ArrayPool<int>.Shared.Rent(bytes.Utf8.Length);
        try
        {
            var count = _model.Automaton.Scan(bytes.Utf8, hits);
            return count == 0 ? new LanguageGuess(Undetermined, 0) : Judge(hits.AsSpan(0, count), bytes.Utf8.Length, expected);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(hits);
        }
    }

    private LanguageGuess Judge(Span<int> hits, int textBytes, IReadOnlyCollection<string>? expected)
    {
        Span<double> scores = stackalloc double[LanguageModel.MaxLanguages];
        scores = scores[.._model.Languages.Length];
        AddFeatures(hits, scores);
        var root = Math.Sqrt(textBytes);
        var best = 0;
        for (var language = 0; language < scores.Length; language++)
        {
            var prior = expected?.Contains(_model.Languages[language]) == true ? ExpectedPrior : 0;
            scores[language] = ((scores[language] + _model.LogPriors[language]) / root) + prior;
            best = scores[language] > scores[best] ? language : best;
        }

        var sum = 0.0;
        foreach (var score in scores)
        {
            sum += Math.Exp(score - scores[best]);
        }

        return new LanguageGuess(_model.Languages[best], (float)(1 / sum));
    }

    private void AddFeatures(Span<int> hits, Span<double> scores)
    {
        hits.Sort();
        for (var start = 0; start < hits.Length;)
        {
            var end = start + 1;
            while (end < hits.Length && hits[end] == hits[start])
            {
                end++;
            }

            var weight = Math.Log(1 + end - start);
            var row = _model.Row(hits[start]);
            for (var language = 0; language < scores.Length; language++)
            {
                scores[language] += weight * (_model.Low + (_model.Step * row[language]));
            }

            start = end;
        }
    }
}
