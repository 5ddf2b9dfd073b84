using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("TemplateProcessing", typeof(EnterpriseRag.Inference.Tokenization.PostProcessors.TemplatePostProcessor))]

namespace EnterpriseRag.Inference.Tokenization.PostProcessors;

/// <summary>Puts the special tokens of the template for one text around it. Pairs of texts are not used by this product.</summary>
internal sealed class TemplatePostProcessor(int[] before, int[] after) : IPostProcessor
{
    public static IPostProcessor Read(ComponentSettings settings)
    {
        var special = settings.Required("special_tokens", JsonValueKind.Object);
        List<int> before = [];
        List<int> after = [];
        var seenText = false;
        foreach (var step in settings.Required("single", JsonValueKind.Array).EnumerateArray())
        {
            if (step.ValueKind == JsonValueKind.Object && step.TryGetProperty("Sequence", out _) && !seenText)
            {
                seenText = true;
            }
            else if (step.ValueKind == JsonValueKind.Object && step.TryGetProperty("SpecialToken", out var token)
                && token.ValueKind == JsonValueKind.Object && token.TryGetProperty("id", out var name) && name.ValueKind == JsonValueKind.String)
            {
                (seenText ? after : before).AddRange(Ids(special, name.GetString()!, settings)); // the kind was checked
            }
            else
            {
                throw settings.Wrong("single", "a list of special tokens around one sequence");
            }
        }

        return seenText ? new TemplatePostProcessor([.. before], [.. after]) : throw settings.Wrong("single", "a list with one sequence");
    }

    public void Process(TokenBuffer tokens, ITokenModel model, ReadOnlySpan<char> source, bool addSpecialTokens)
    {
        if (!addSpecialTokens)
        {
            return;
        }

        for (var i = 0; i < before.Length; i++)
        {
            tokens.Insert(i, before[i]);
        }

        foreach (var id in after)
        {
            tokens.Add(id, 0, 0);
        }
    }

    private static int[] Ids(JsonElement special, string name, ComponentSettings settings)
    {
        if (!special.TryGetProperty(name, out var entry) || entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("ids", out var ids) || ids.ValueKind != JsonValueKind.Array)
        {
            throw settings.Wrong($"special_tokens.{name}", "an object with ids");
        }

        return [.. ids.EnumerateArray().Select(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var value) && value >= 0
            ? value
            : throw settings.Wrong($"special_tokens.{name}.ids", "numbers"))];
    }
}
