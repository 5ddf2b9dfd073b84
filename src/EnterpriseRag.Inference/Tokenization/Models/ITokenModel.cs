using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>The vocabulary and the rule that makes tokens of a piece. Immutable and thread-safe.</summary>
internal interface ITokenModel
{
    /// <summary>One more than the highest id.</summary>
    int VocabularySize { get; }

    /// <summary>Number of tokens.</summary>
    int TokenCount { get; }

    /// <summary>Id of a token's exact text, or −1.</summary>
    int Id(ReadOnlySpan<char> token);

    /// <summary>Text of a token as the file writes it, or null.</summary>
    string? Token(int id);

    /// <summary>Working memory for one thread.</summary>
    ITokenWorker CreateWorker();
}

/// <summary>Makes tokens of pieces with memory of its own. One thread at a time.</summary>
internal interface ITokenWorker
{
    /// <summary>Appends the tokens of a piece, with spans relative to it.</summary>
    void Tokenize(ReadOnlySpan<char> piece, TokenBuffer tokens);

    /// <summary>End of the part that begins at <paramref name="start"/> and can be tokenised by itself with the same result; by default that of the piece.</summary>
    int PartEnd(ReadOnlySpan<char> piece, int start) => piece.Length;
}

/// <summary>Reads the <c>model</c> object; the reader stands on its opening brace and ends on its closing one.</summary>
internal delegate ITokenModel ModelReader(ref Utf8JsonReader reader);
