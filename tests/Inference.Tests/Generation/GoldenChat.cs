using System.Text.Json;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>One chat of smollm2-generation.json with what ONNX Runtime made of it on the same 8-bit weights.</summary>
public sealed record GoldenChat(GoldenMessage[] Messages, string Prompt, int[] PromptIds, GoldenRun OnnxInt8)
{
    public static GoldenChat[] All { get; } = Read();

    /// <summary>8-bit products are exact only with VNNI; without it the golden's own rule holds: tokens up to the first margin below 0.5, logits within 0.6.</summary>
    public static bool HasVnni => CpuFeatures.HasVnni;

    public static float LogitTolerance => HasVnni ? 0.05f : 0.6f;

    /// <summary>Tokens that must come out on this CPU.</summary>
    public int[] ExpectedTokens => HasVnni ? OnnxInt8.Greedy : OnnxInt8.Greedy[..OnnxInt8.Margins.TakeWhile(m => m >= 0.5).Count()];

    public IEnumerable<ChatMessage> Chat() => Messages.Select(m => new ChatMessage(new ChatRole(m.Role), m.Content));

    private static GoldenChat[] Read()
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture("smollm2-generation.json")));
        return file.RootElement.GetProperty("cases").Deserialize<GoldenChat[]>(JsonSerializerOptions.Web)!; // the fixture has cases
    }
}

public sealed record GoldenMessage(string Role, string Content);

/// <param name="FirstTop10">Pairs of id and logit, best first.</param>
/// <param name="FirstLogits64">Logits of ids 0 to 63 after the prompt.</param>
/// <param name="Greedy">Tokens with the stop token.</param>
/// <param name="Margins">Distance of the best logit to the second, per step.</param>
/// <param name="Text">The answer.</param>
public sealed record GoldenRun(double[][] FirstTop10, float[] FirstLogits64, int[] Greedy, double[] Margins, string Text);
