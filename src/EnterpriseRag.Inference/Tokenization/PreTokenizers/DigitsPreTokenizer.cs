using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Digits", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.DigitsPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Sets numbers (categories Nd, Nl, No) apart, each on its own or as runs.</summary>
internal sealed class DigitsPreTokenizer(bool individual) : IPreTokenizer
{
    public static IPreTokenizer Read(ComponentSettings settings) => new DigitsPreTokenizer(settings.Flag("individual_digits", absent: false));

    public void Divide(PreTokenizedText text)
    {
        var units = text.Text.Text;
        foreach (var piece in text.Pieces)
        {
            var start = piece.Start;
            var end = piece.Start + piece.Length;
            for (var i = start; i < end;)
            {
                if (CharacterClasses.At(units, i, out var length) == CharacterClass.Number)
                {
                    text.Add(start, i);
                    start = individual ? i + length : Math.Min(end, CharacterClasses.EndOfRun(units, i, CharacterClass.Number));
                    text.Add(i, start);
                    i = start;
                }
                else
                {
                    i += length;
                }
            }

            text.Add(start, end);
        }

        text.Commit();
    }
}
