using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Models.Registry.SelfTests;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>The self-test of one load: against the vectors recorded with the folder's approval, or those of its shipped card. An approval without any gets them at the first load.</summary>
internal sealed class EmbeddingCheck(ModelApprovals approvals, ModelFolder folder)
{
    /// <exception cref="ModelFolderException">The vectors differ.</exception>
    public void Run(EmbeddingModel model)
    {
        // The workers complete on their own threads, so that waiting here holds up nobody.
        Task.Run(() => RunAsync(text => EmbedAsync(model, text))).GetAwaiter().GetResult();
    }

    private async Task RunAsync(Func<string, Task<float[]>> embed)
    {
        ModelDecision? decision = approvals.FindDecision(folder.Sha256);
        if ((decision?.Embedding ?? ShippedModels.OfFolder(folder.Sha256)?.Embedding) is { } golden)
        {
            await EmbeddingSelfTest.CheckAsync(golden, folder.Path, embed);
        }
        else if (decision is not null)
        {
            approvals.Decide(folder.Sha256, decision with { Embedding = await EmbeddingSelfTest.RecordAsync(embed) });
        }
    }

    private static async Task<float[]> EmbedAsync(EmbeddingModel model, string text) => (await model.EmbedAsync([text], prefix: "", CancellationToken.None)).Vectors[0];
}
