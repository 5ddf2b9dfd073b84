using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Changes a text before it is divided. Thread-safe: all state is in the text.</summary>
internal interface INormalizer
{
    void Normalize(NormalizedText text);
}
