using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PostProcessors;

/// <summary>Adds the template's tokens or changes spans at the end of encoding. Thread-safe.</summary>
internal interface IPostProcessor
{
    /// <param name="tokens">Tokens of the whole text.</param>
    /// <param name="model">For the texts of tokens.</param>
    /// <param name="source">The text that spans refer to.</param>
    /// <param name="addSpecialTokens">Whether the caller wants the template's tokens.</param>
    void Process(TokenBuffer tokens, ITokenModel model, ReadOnlySpan<char> source, bool addSpecialTokens);
}
