using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("ByteLevel", typeof(EnterpriseRag.Inference.Tokenization.PostProcessors.ByteLevelPostProcessor))]

namespace EnterpriseRag.Inference.Tokenization.PostProcessors;

/// <summary>Takes the white space at both ends of a token out of its span.</summary>
internal sealed class ByteLevelPostProcessor(bool trimOffsets, bool addPrefixSpace) : IPostProcessor
{
    public static IPostProcessor Read(ComponentSettings settings) =>
        new ByteLevelPostProcessor(settings.Flag("trim_offsets", absent: true), settings.Flag("add_prefix_space", absent: true));

    public void Process(TokenBuffer tokens, ITokenModel model, bool addSpecialTokens)
    {
        for (var i = 0; trimOffsets && i < tokens.Count; i++)
        {
            if (model.Token(tokens.Ids[i]) is not { } token)
            {
                continue;
            }

            ref var start = ref tokens.Starts[i];
            ref var end = ref tokens.Ends[i];
            var leading = CountLeading(token);
            var trailing = CountTrailing(token);
            if (leading == 1 && addPrefixSpace && (i == 0 || start == 0))
            {
                leading = 0; // that space was put there by the pre-tokeniser
            }

            start = Math.Min(start + leading, end);
            end = end >= trailing ? Math.Max(end - trailing, start) : end;
        }
    }

    private static bool IsSpace(char unit) => unit == ByteAlphabet.Space || char.IsWhiteSpace(unit);

    private static int CountLeading(string token)
    {
        var count = 0;
        while (count < token.Length && IsSpace(token[count]))
        {
            count++;
        }

        return count;
    }

    private static int CountTrailing(string token)
    {
        var count = 0;
        while (count < token.Length && IsSpace(token[^(count + 1)]))
        {
            count++;
        }

        return count;
    }
}
