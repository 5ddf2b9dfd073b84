using System.Security.Cryptography;
using System.Text.Json;

namespace EnterpriseRag.Answering.Models;

/// <summary>
/// Questions about the sample matter with the passages that the product finds for them. Part of the program, written by the evaluation set samples-export: every
/// installation judges models by the same evidence, and nobody can make a model pass by changing the questions.
/// </summary>
internal sealed record Exam(string Name, IReadOnlyList<ExamQuestion> Questions)
{
    private static readonly Lazy<(Exam Exam, string Sha256)> s_samples = new(Load);

    public static Exam Samples => s_samples.Value.Exam;

    public static string SamplesSha256 => s_samples.Value.Sha256;

    private static (Exam Exam, string Sha256) Load()
    {
        using var stream = typeof(Exam).Assembly.GetManifestResourceStream("EnterpriseRag.Answering.samples-exam.json")
            ?? throw new InvalidOperationException("The program lacks the questions of the evaluation.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        var exam = JsonSerializer.Deserialize<Exam>(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), JsonSerializerOptions.Web) ?? throw new InvalidOperationException("The questions of the evaluation are empty.");
        return (exam, Convert.ToHexStringLower(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length))));
    }
}

/// <param name="Id">Of the question.</param>
/// <param name="Language">In which it is asked and must be answered.</param>
/// <param name="IsAcrossLanguages">The document that answers it is in another language.</param>
/// <param name="Text">The question.</param>
/// <param name="Gold">Words of which an answer must hold one; empty = the documents do not answer it.</param>
/// <param name="QueryLanguage">As identified by the search.</param>
/// <param name="BestScoreZ">Of the search.</param>
/// <param name="Passages">Found, best first.</param>
internal sealed record ExamQuestion(
    string Id, string Language, bool IsAcrossLanguages, string Text, IReadOnlyList<string> Gold, string QueryLanguage, float BestScoreZ, IReadOnlyList<ExamPassage> Passages);

internal sealed record ExamPassage(
    string DocumentName, int Page, IReadOnlyList<string> HeadingPath, string Language, string Text, float Score, float Cosine, float LexicalScore, IReadOnlyList<ExamSentence> Sentences);

internal sealed record ExamSentence(int Start, int Length, string Language, float Cosine, float TermScore);
