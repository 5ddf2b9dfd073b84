using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides each piece of a text into smaller ones and may rewrite them. Thread-safe: all state is in the text.</summary>
internal interface IPreTokenizer
{
    void Divide(PreTokenizedText text);
}
