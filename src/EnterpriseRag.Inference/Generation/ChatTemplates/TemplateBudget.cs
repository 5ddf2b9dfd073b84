namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>What one rendering may use: a template comes with a model file and must not be able to stop the host.</summary>
internal sealed class TemplateBudget
{
    // A chat of 1,000 messages takes some 50,000 steps; the largest context windows hold about 4 million characters (1 million tokens).
    private const int MaxSteps = 1_000_000;
    private const int MaxTextLength = 4_000_000;
    private const long MaxCharactersMade = 64_000_000;

    private int _steps;
    private long _characters;

    public void Step(int count = 1)
    {
        _steps = (int)Math.Min(_steps + (long)count, int.MaxValue);
        if (_steps > MaxSteps)
        {
            throw new ChatTemplateException($"Chat template: more than {MaxSteps} steps.");
        }
    }

    /// <summary>Accounts for an operation that goes through all of a value.</summary>
    public void Pass(object? value) => Step(value switch
    {
        MarkedText text => text.Length / 64, // texts are searched many characters at a time
        List<object?> list => OfList(list),
        TemplateMap map => map.Count,
        _ => 0,
    });

    /// <summary>Also the texts in a list, which a search or a sort compares.</summary>
    private static int OfList(List<object?> list)
    {
        long steps = list.Count;
        foreach (var item in list)
        {
            steps += item is MarkedText text ? text.Length / 64 : 0;
        }

        return (int)Math.Min(steps, MaxSteps + 1);
    }

    /// <summary>Accounts for a text that is about to be made, so that doubling in a loop ends.</summary>
    public void Text(long length)
    {
        _characters += length;
        if (length > MaxTextLength || _characters > MaxCharactersMade)
        {
            throw new ChatTemplateException("Chat template: the text grows too long.");
        }
    }

    /// <summary>Checks the length that a text put together piece by piece is about to have.</summary>
    public static void Output(long length)
    {
        if (length > MaxTextLength)
        {
            throw new ChatTemplateException("Chat template: the text grows too long.");
        }
    }
}
