using EnterpriseRag.Inference.Tokenization.Decoders;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>
/// Turns tokens into text as they come. What it gives is final: parts of a character are held back until it is complete, and
/// all texts together equal <see cref="Tokenizer.Decode"/> of all tokens. One text, one thread.
/// </summary>
internal sealed class TokenStreamDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly DecoderStage _stages;
    private readonly TextSink _text;

    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens out.</param>
    public TokenStreamDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
        _stages = tokenizer.StartDecoding(out _text);
    }

    /// <summary>Takes the next token and returns the text that has become final, often empty.</summary>
    public string Push(int id)
    {
        Take(id);
        return _text.Take();
    }

    /// <summary>Ends the text and returns what was held back; an incomplete character comes as U+FFFD. Call once.</summary>
    public string Finish()
    {
        _stages.Finish();
        return _text.Take();
    }

    /// <summary>Takes a token; its text stays inside until the next call that returns one.</summary>
    internal void Take(int id)
    {
        if (_tokenizer.Token(id) is { } token && !(_skipSpecialTokens && _tokenizer.IsSpecial(id)))
        {
            _stages.Push(token);
        }
    }
}
