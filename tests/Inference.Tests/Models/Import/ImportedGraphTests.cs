using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import;

/// <summary>Imported graphs in the native runtime, against the same weights computed in doubles.</summary>
public sealed class ImportedGraphTests : IDisposable
{
    private static readonly int[] s_prompt = [70, 3, 255, 12, 198, 70, 0, 131, 44, 9, 260, 17, 5];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0u, false, WeightBits.Full, 2e-6)]
    [InlineData(0u, true, WeightBits.Full, 2e-6)]
    [InlineData(8u, true, WeightBits.Full, 2e-6)]
    [InlineData(8u, false, WeightBits.Auto, 0.02)] // exact weights, activations rounded to 8 bits by the kernel
    [InlineData(8u, true, WeightBits.Auto, 0.02)]
    [InlineData(2u, false, WeightBits.Auto, 0.02)]
    [InlineData(2u, true, WeightBits.Eight, 0.02)]
    [InlineData(0u, true, WeightBits.Eight, 0.02)]
    public async Task An_imported_model_computes_what_its_file_says(uint type, bool extras, WeightBits bits, double tolerance)
    {
        var source = _folder.Write("tiny.gguf", TinyLlama.Writer(type: type, extras: extras).ToBytes());
        using var file = GgufFile.Open(source);
        var expected = new ReferenceLlama(file).Logits(s_prompt);

        var folder = await ModelImporter.ImportAsync(source, _folder.Sub("model"), new ModelImportOptions { Bits = bits }, null, TestContext.Current.CancellationToken);

        using var model = new CachedModel(folder);
        var prompt = model.Run(s_prompt[..8], past: 0);
        Largest(expected[..8], prompt).ShouldBeLessThan(tolerance);
        for (var position = 8; position < s_prompt.Length; position++)
        {
            Largest(expected[position..(position + 1)], model.Run(s_prompt[position..(position + 1)], position)).ShouldBeLessThan(tolerance);
        }
    }

    private static double Largest(double[][] expected, float[] logits) =>
        expected.SelectMany(row => row).Zip(logits, (a, b) => Math.Abs(a - b)).Max();

    /// <summary>A session with its cache in buffers that are both past and present.</summary>
    private sealed class CachedModel : IDisposable
    {
        private readonly OrtSession _session;
        private readonly OrtTensor _ids = new(ElementType.Int64, TinyLlama.Context);
        private readonly OrtTensor _mask = new(ElementType.Int64, TinyLlama.Context);
        private readonly OrtTensor _logits = new(ElementType.Float, TinyLlama.Context * TinyLlama.Vocabulary);
        private readonly List<OrtTensor> _cache = [];
        private readonly RunPlan _plan;

        public CachedModel(ModelFolder folder)
        {
            OrtEnvironment.Start(null, NullLogger.Instance);
            _session = OrtSession.Load(folder.File("model.onnx"), new SessionSettings { Threads = 1 }, NullLogger.Instance);
            _mask.AllData<long>().Fill(1);
            List<(string, OrtTensor)> inputs = [("input_ids", _ids), ("attention_mask", _mask)];
            List<(string, OrtTensor)> outputs = [("logits", _logits)];
            for (var layer = 0; layer < TinyLlama.Layers; layer++)
            {
                foreach (var part in new[] { "key", "value" })
                {
                    var buffer = new OrtTensor(ElementType.Float, TinyLlama.KeyValueHeads * TinyLlama.Context * TinyLlama.HeadSize);
                    buffer.Reshape(1, TinyLlama.KeyValueHeads, TinyLlama.Context, TinyLlama.HeadSize);
                    buffer.Data<float>().Clear();
                    _cache.Add(buffer);
                    inputs.Add(($"past_key_values.{layer}.{part}", buffer));
                    outputs.Add(($"present.{layer}.{part}", buffer));
                }
            }

            _plan = new RunPlan(_session, inputs, outputs);
        }

        public float[] Run(int[] ids, int past)
        {
            _ids.Reshape(1, ids.Length);
            _mask.Reshape(1, past + ids.Length);
            _logits.Reshape(1, ids.Length, TinyLlama.Vocabulary);
            Array.ConvertAll(ids, id => (long)id).CopyTo(_ids.Data<long>());
            _plan.Run();
            return _logits.Data<float>().ToArray();
        }

        public void Dispose()
        {
            _plan.Dispose();
            _session.Dispose();
            _ids.Dispose();
            _mask.Dispose();
            _logits.Dispose();
            _cache.ForEach(buffer => buffer.Dispose());
        }
    }
}
