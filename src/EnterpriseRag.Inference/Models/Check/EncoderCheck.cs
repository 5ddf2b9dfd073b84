using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;

namespace EnterpriseRag.Inference.Models.Check;

/// <summary>Compares an encoder with golden outputs: hidden states at the first and last position, and the pooled vector of unit length.</summary>
internal sealed class EncoderCheck(ModelFolder folder, InferenceRuntime runtime)
{
    public void Run(IReadOnlyList<GoldenCase> cases, CheckTotals totals, CancellationToken cancellationToken)
    {
        using var model = new EmbeddingModel(EmbeddingFolder.Of(folder), runtime);
        using var worker = model.NewWorker();
        foreach (var golden in cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] ids = [.. golden.InputIds];
            if (ids.Any(id => id < 0 || id >= model.Vocabulary) || ids.Length > model.Info.MaxTokens)
            {
                throw new GoldenFileException("The golden file has ids or a length that the model does not have: it belongs to another model.");
            }

            ReadOnlySpan<float> states = worker.States(ids, out _);
            totals.Compare(golden.First, states[..worker.Width]);
            totals.Compare(golden.Last, states[^worker.Width..]);
            var vector = new float[model.Info.Dimensions];
            worker.Embed(ids, vector);
            totals.Compare(golden.Embedding, vector);
        }
    }
}
