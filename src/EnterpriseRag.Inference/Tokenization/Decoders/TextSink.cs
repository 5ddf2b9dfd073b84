using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>The end of the chain: collects text until it is taken. Without any decoder, tokens are joined by a space as in the reference.</summary>
internal sealed class TextSink(bool joinBySpace) : DecoderStage(null)
{
    private readonly StringBuilder _text = new();
    private bool _any;

    public override void Push(ReadOnlySpan<char> token)
    {
        if (joinBySpace && _any)
        {
            _text.Append(' ');
        }

        _any = true;
        _text.Append(token);
    }

    public override void PushPart(ReadOnlySpan<char> part) => _text.Append(part);

    /// <summary>The text since the last call.</summary>
    public string Take()
    {
        var text = _text.ToString();
        _text.Clear();
        return text;
    }
}
