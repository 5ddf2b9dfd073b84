using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Expressions;

/// <summary>An expression of the file, run by .NET's engine. Thread-safe.</summary>
internal sealed class ExpressionPattern : TextPattern
{
    // The expression is foreign and may take exponential time: then it is stopped.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Regex _expression;
    private readonly StandIns _standIns;

    /// <exception cref="TokenizerFormatException">Not supported; the message holds the expression and says what is not.</exception>
    public ExpressionPattern(string expression)
    {
        var read = ExpressionReader.Read(expression);
        _standIns = new StandIns(read);
        try
        {
            // Not NonBacktracking: .NET 10's loses matches (" ?[^(\s|]+" on "a \n\n\n\n\n\n\nVertrag \nX" passes over "Vertrag").
            _expression = new Regex(read.Rewritten, RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.Compiled, s_patience);
        }
        catch (ArgumentException e)
        {
            throw new TokenizerFormatException($"tokenizer.json: the regular expression '{expression}' is not supported: {e.Message}", e);
        }
    }

    public override void FindAll(ReadOnlySpan<char> text, List<Piece> matches)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            Find(text, [], matches);
            return;
        }

        var characters = ArrayPool<char>.Shared.Rent(text.Length);
        var starts = ArrayPool<int>.Shared.Rent(text.Length + 1);
        try
        {
            var count = 0;
            for (var i = 0; i < text.Length;)
            {
                Rune.DecodeFromUtf16(text[i..], out var rune, out var length);
                starts[count] = i;
                characters[count++] = length == 1 ? text[i] : _standIns.For(rune);
                i += length;
            }

            starts[count] = text.Length;
            Find(characters.AsSpan(0, count), starts, matches);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
            ArrayPool<int>.Shared.Return(starts);
        }
    }

    private void Find(ReadOnlySpan<char> text, ReadOnlySpan<int> starts, List<Piece> matches)
    {
        var lastEnd = -1;
        try
        {
            foreach (var match in _expression.EnumerateMatches(text))
            {
                if (match.Length == 0 && match.Index == lastEnd)
                {
                    continue; // the reference passes over an empty match where the one before ended
                }

                lastEnd = match.Index + match.Length;
                matches.Add(starts.IsEmpty ? new Piece(match.Index, match.Length) : new Piece(starts[match.Index], starts[lastEnd] - starts[match.Index]));
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new TokenizerFormatException($"A regular expression of the tokenizer took longer than {s_patience.TotalSeconds} s on a text.", e);
        }
    }
}
