using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_in_the_box_is_read_whole()
    {
        using var file = GgufFile.Open(RepositoryFiles.Model("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));

        file.Tensors.Count.ShouldBe(272);
        file.Metadata.Text("general.architecture").ShouldBe("llama");
        file.Metadata.Number("llama.block_count", 1, 100).ShouldBe(30);
        file.Metadata.Texts("tokenizer.ggml.merges").Length.ShouldBe(48_900);
        file.Tensors["token_embd.weight"].Format.Name.ShouldBe("Q8_0");
        file.Tensors["blk.29.attn_k.weight"].Dimensions.ShouldBe([576, 192]);
        file.Tensors.Values.Max(tensor => tensor.Offset + tensor.Bytes).ShouldBe(file.Length);
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Versions_2_and_3_are_read(uint version)
    {
        var writer = TinyLlama.Writer();
        writer.Version = version;

        using var file = Open(writer);

        file.Tensors.Count.ShouldBe(2 + (9 * TinyLlama.Layers));
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "other magic", "not a GGUF file" },
        { "version 1", "GGUF version 1" },
        { "big-endian", "big-endian" },
        { "2^60 tensors", "announces" },
        { "2^60 keys", "announces" },
        { "key of 2^62 bytes", "a metadata key" },
        { "text of 2^62 bytes", "'k'" },
        { "list of 2^61 texts", "announces" },
        { "list of 2^61 numbers", "announces" },
        { "list of lists", "list of lists" },
        { "unknown value type", "unknown type 99" },
        { "key twice", "twice" },
        { "flag of 2", "neither true nor false" },
        { "broken UTF-8", "UTF-8" },
        { "alignment 48", "power of two" },
        { "alignment 0", "general.alignment" },
        { "rank 5", "5 dimensions" },
        { "rank 0", "0 dimensions" },
        { "rank 4 billion", "4294967295 dimensions" },
        { "dimension 0", "impossible dimension" },
        { "dimensions that overflow", "impossible dimension" },
        { "name of 65 bytes", "a tensor name" },
        { "refused type", "IQ2_XXS" },
        { "unknown type", "type 4711" },
        { "half a block", "whole blocks" },
        { "offset beyond the file", "cut short" },
        { "offset near 2^64", "beyond its end" },
        { "offset off the alignment", "alignment" },
        { "overlap", "over tensor" },
        { "tensor twice", "twice" },
        { "empty", "cut short" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_files_are_refused_by_name(string name, string message)
    {
        var path = _folder.Write("hostile.gguf", HostileFile(name));

        Should.Throw<ModelImportException>(() => GgufFile.Open(path)).Message.ShouldContain(message);
    }

    [Fact]
    public void Every_cut_of_a_file_is_refused()
    {
        var whole = TinyLlama.Writer().ToBytes();
        for (var length = 0; length < whole.Length; length += length < 8_192 ? 61 : 4_099)
        {
            var path = _folder.Write("cut.gguf", whole[..length]);
            Should.Throw<ModelImportException>(() => GgufFile.Open(path).Dispose());
        }
    }

    private static byte[] HostileFile(string name)
    {
        byte[] row = new byte[128];
        var w = new GgufWriter();
        return (name switch
        {
            "other magic" => With(w, () => w.Magic = "GGJT").Text("general.architecture", "llama"),
            "version 1" => With(w, () => w.Version = 1).Text("general.architecture", "llama"),
            "big-endian" => With(w, () => w.Version = 0x0300_0000).Text("general.architecture", "llama"),
            "2^60 tensors" => With(w, () => w.TensorCount = 1UL << 60).Text("general.architecture", "llama"),
            "2^60 keys" => With(w, () => w.KeyCount = 1UL << 60).Text("general.architecture", "llama"),
            "key of 2^62 bytes" => With(w, () => w.KeyCount = 2).Key("k", 4, writer => { writer.Write(1u); writer.Write(1UL << 62); }).Text("padding", "to reach the minimum"),
            "text of 2^62 bytes" => w.Key("k", 8, writer => writer.Write(1UL << 62)),
            "list of 2^61 texts" => w.Key("k", 9, writer => { writer.Write(8u); writer.Write(1UL << 61); }),
            "list of 2^61 numbers" => w.Key("k", 9, writer => { writer.Write(4u); writer.Write(1UL << 61); }),
            "list of lists" => w.Key("k", 9, writer => { writer.Write(9u); writer.Write(1UL); }),
            "unknown value type" => w.Key("k", 99, writer => writer.Write(1UL)),
            "key twice" => w.Number("k", 1).KeyAgain("k", 4, writer => writer.Write(2u)),
            "flag of 2" => w.Flag("k", 2),
            "broken UTF-8" => w.Key("k", 8, writer => { writer.Write(2UL); writer.Write((byte)0xC3); writer.Write((byte)0x28); }),
            "alignment 48" => w.Number("general.alignment", 48),
            "alignment 0" => w.Number("general.alignment", 0),
            "rank 5" => w.Tensor("t", [1, 1, 1, 1, 32], 0, row),
            "rank 0" => w.Tensor("t", [], 0, row),
            "rank 4 billion" => w.Tensor("t", [32], 0, row, rank: uint.MaxValue),
            "dimension 0" => w.Tensor("t", [32, 0], 0, row),
            "dimensions that overflow" => w.Tensor("t", [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], 0, row),
            "name of 65 bytes" => w.Tensor(new string('n', 65), [32], 0, row),
            "refused type" => w.Tensor("t", [256], 16, row),
            "unknown type" => w.Tensor("t", [32], 4711, row),
            "half a block" => w.Tensor("t", [48], 8, row),
            "offset beyond the file" => w.Tensor("t", [32], 0, row, offset: 1 << 20),
            "offset near 2^64" => w.Tensor("t", [32], 0, row, offset: ulong.MaxValue - 31),
            "offset off the alignment" => w.Tensor("t", [8], 0, row, offset: 4),
            "overlap" => w.Tensor("a", [32], 0, row).Tensor("b", [32], 0, row, offset: 64),
            "tensor twice" => w.Tensor("a", [32], 0, row).Tensor("a", [32], 0, row),
            "empty" => null,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such case"),
        })?.ToBytes() ?? [];
    }

    private static GgufWriter With(GgufWriter writer, Action change)
    {
        change();
        return writer;
    }

    private GgufFile Open(GgufWriter writer) => GgufFile.Open(_folder.Write("model.gguf", writer.ToBytes()));
}
