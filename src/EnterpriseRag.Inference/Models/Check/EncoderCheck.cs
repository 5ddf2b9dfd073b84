using System.Numerics.Tensors;
using System.Text.Json;
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
        var vocabulary = Vocabulary(model);
        foreach (var golden in cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] ids = [.. golden.InputIds];
            if (ids.Any(id => id < 0 || id >= vocabulary) || ids.Length > model.Info.MaxTokens)
            {
                throw new GoldenFileException("The golden file has ids or a length that the model does not have: it belongs to another model.");
            }

            ReadOnlySpan<float> states = worker.States(ids, out _);
            totals.Compare(golden.First, states[..worker.Width]);
            totals.Compare(golden.Last, states[^worker.Width..]);
            var vector = new float[model.Info.Dimensions];
            worker.Embed(ids, vector);
            totals.Compare(UnitLength(golden.Embedding), vector);
        }
    }

    /// <summary>Rows of the embedding; tokenizers may have fewer tokens than that.</summary>
    private static int Vocabulary(EmbeddingModel model)
    {
        using var config = model.Folder.Folder.Has("config.json") ? JsonDocument.Parse(File.ReadAllBytes(model.Folder.Folder.File("config.json"))) : null;
        return config is not null && config.RootElement.TryGetProperty("vocab_size", out var size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out var rows) ? rows : model.Vocabulary;
    }

    /// <summary>Vectors are kept at unit length, also of models whose folder has no Normalize module; their golden vectors have another length.</summary>
    private static float[] UnitLength(IReadOnlyList<float> golden)
    {
        float[] vector = [.. golden];
        var length = TensorPrimitives.Norm(vector);
        if (length > 0)
        {
            TensorPrimitives.Divide(vector, length, vector);
        }

        return vector;
    }
}
