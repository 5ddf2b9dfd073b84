using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseRag.Inference.Tests.Native;

/// <summary>The embedding model of the box with its tensors: a real graph that loads in half a second and runs in milliseconds.</summary>
internal sealed class EmbeddingGraph : IDisposable
{
    public EmbeddingGraph(int threads = 1)
    {
        OrtEnvironment.Start(null, NullLogger.Instance);
        Session = OrtSession.Load(ModelPath, new SessionSettings { Threads = threads }, NullLogger.Instance);
        Fill(tokens: 8);
    }

    public static string ModelPath => Path.Combine(RepositoryFiles.Model("multilingual-e5-small"), "model.onnx");

    public OrtSession Session { get; }

    public OrtTensor Ids { get; } = new(ElementType.Int64, 512);

    public OrtTensor Mask { get; } = new(ElementType.Int64, 512);

    public OrtTensor Hidden { get; } = new(ElementType.Float, 512 * 384);

    public RunPlan NewPlan() => new(Session, [("input_ids", Ids), ("attention_mask", Mask)], [("last_hidden_state", Hidden)]);

    public void Fill(int tokens)
    {
        Ids.Reshape(1, tokens);
        Mask.Reshape(1, tokens);
        Hidden.Reshape(1, tokens, 384);
        for (int i = 0; i < tokens; i++)
        {
            Ids.Data<long>()[i] = 100 + i;
            Mask.Data<long>()[i] = 1;
        }
    }

    public void Dispose()
    {
        Session.Dispose();
        Ids.Dispose();
        Mask.Dispose();
        Hidden.Dispose();
    }
}
