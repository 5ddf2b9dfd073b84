using EnterpriseRag.Inference.Models.Check;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Tests.Models.Import.Families;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Adapters;

/// <summary>Adapters in ONNX Runtime's own form.</summary>
public sealed class OnnxAdapterTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private ModelFolder _model = null!; // set before each test

    private static string Peft => RepositoryFiles.Fixture("models/tiny-lora/llama3");

    public async ValueTask InitializeAsync() => _model = await ModelImporter.ImportAsync(
        PublishedModel.FixtureFolder("llama3"), _folder.Sub("model"), new ModelImportOptions { Bits = WeightBits.Full }, progress: null, CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void A_file_gives_the_golden_logits_and_tokens()
    {
        ModelFolder adapter = Import(Published().ToBytes());

        ModelCheckResult result = ModelCheck.Run(_model.Path, Path.Combine(Peft, "golden.json"), adapter.Path, TestContext.Current.CancellationToken);

        adapter.Has(AdapterImporter.OnnxAdapterName).ShouldBeTrue();
        result.MaxLogitDifference.ShouldBeLessThan(1e-4);
        result.EqualTokens.ShouldBe(48);
    }

    [Fact]
    public void A_damaged_file_is_refused_and_leaves_nothing_behind()
    {
        byte[] good = Published().ToBytes();
        byte[] otherForm = [.. good];
        otherForm[4] = (byte)'X';

        Refusal(otherForm).ShouldContain("does not begin like one");
        Refusal(good[..(good.Length / 2)]).ShouldContain("ends too early");
        Refusal([1, 2, 3]).ShouldContain(".onnx_adapter");
        Refusal(new OnnxAdapterWriter().ToBytes()).ShouldContain("no tensors");
        Refusal(new OnnxAdapterWriter().Floats("x", [4, 4], new float[15]).ToBytes()).ShouldContain("not as long");
        Refusal(new OnnxAdapterWriter().Floats("x", [1L << 62, 8], new float[8]).ToBytes()).ShouldContain("impossible sizes");
        Refusal(new OnnxAdapterWriter().Floats("x", [-4, -4], new float[16]).ToBytes()).ShouldContain("impossible sizes");
        Refusal(new OnnxAdapterWriter().Floats("x", [1, 1], [1]).Floats("x", [1, 1], [1]).ToBytes()).ShouldContain("twice");
        Directory.Exists(_folder.Sub("adapter")).ShouldBeFalse();
    }

    [Fact]
    public void A_file_for_another_model_is_refused()
    {
        AdapterSlot slot = AdapterImporter.SlotsOf(_model).Products[0];

        Refusal(new OnnxAdapterWriter().Floats("unknown.lora_A", [64, 1], new float[64]).ToBytes()).ShouldContain("'unknown.lora_A' does not fit");
        Refusal(new OnnxAdapterWriter().Floats(slot.DownInput, [slot.Inputs + 1, 1], new float[slot.Inputs + 1]).ToBytes()).ShouldContain("made for another one");
    }

    [Fact]
    public void No_damage_makes_the_reader_fail_otherwise()
    {
        byte[] good = new OnnxAdapterWriter().Floats("one", [3, 2], new float[6]).Floats("two", [2, 3], new float[6]).ToBytes();
        OnnxAdapterFile.Read(good).Select(p => (p.Name, p.Sizes[0], p.Sizes[1])).ShouldBe([("one", 3, 2), ("two", 2, 3)]);
        for (int length = 0; length < good.Length; length++)
        {
            Should.Throw<ModelImportException>(() => OnnxAdapterFile.Read(good.AsSpan(0, length)));
        }

        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. good];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                OnnxAdapterFile.Read(damaged);
            }
            catch (ModelImportException)
            {
                // any other exception fails the test
            }
        }
    }

    private OnnxAdapterWriter Published()
    {
        var writer = new OnnxAdapterWriter();
        foreach (AdapterProduct product in PeftAdapter.Read(Peft, AdapterImporter.SlotsOf(_model)).Products)
        {
            writer.Floats(product.Slot.DownInput, [product.Slot.Inputs, product.Rank], product.Down).Floats(product.Slot.UpInput, [product.Rank, product.Slot.Outputs], product.Up);
        }

        return writer;
    }

    private string Refusal(byte[] file) => Should.Throw<ModelImportException>(() => Import(file)).Message;

    private ModelFolder Import(byte[] file)
    {
        string source = _folder.Sub("published.onnx_adapter");
        File.WriteAllBytes(source, file);
        return AdapterImporter.Import(source, _model.Path, _folder.Sub("adapter"), replace: false, TestContext.Current.CancellationToken);
    }
}
