using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides each piece of a text into smaller ones and may rewrite them. Thread-safe: all state is in the text.</summary>
internal interface IPreTokenizer
{
    /// <summary>Whether the division depends on where in the source a piece begins, so that spans must be kept once a normaliser has changed the text.</summary>
    bool NeedsSource => false;

    void Divide(PreTokenizedText text);
}
