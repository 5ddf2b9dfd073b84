using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.HuggingFace;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.HuggingFace;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_are_read_from_where_the_header_says()
    {
        using var file = SafetensorsFile.Open(_folder.Write("model.safetensors", new SafetensorsWriter()
            .Floats("first", [3], [1, 2, 3])
            .Tensor("mask", "BOOL", [1, 1, 2, 2], [1, 0, 1, 1])
            .Tensor("scalar", "F16", [], [0, 60])
            .Floats("matrix", [3, 2], [10, 11, 20, 21, 30, 31]).ToBytes()));

        var matrix = new SafetensorsSourceTensor(file, file.Tensors["matrix"]);

        (matrix.Rows, matrix.Columns).ShouldBe((3, 2));
        var row = new byte[16];
        matrix.ReadRows(1, row);
        new[] { BitConverter.ToSingle(row, 0), BitConverter.ToSingle(row, 4), BitConverter.ToSingle(row, 8), BitConverter.ToSingle(row, 12) }.ShouldBe([20f, 21f, 30f, 31f]);
        Should.Throw<ModelImportException>(() => new SafetensorsSourceTensor(file, file.Tensors["mask"])).Message.ShouldContain("BOOL");
        Should.Throw<ModelImportException>(() => new SafetensorsSourceTensor(file, file.Tensors["scalar"])).Message.ShouldContain("shape");
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, null, "12 bytes of data")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, null, "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, null, "gap before tensor 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, null, "'b' over another")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}""", 16, null, "gap before tensor 'b'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, null, "'a' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, null, "8 bytes where its shape needs 12")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""", 8, null, "impossible dimension")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, null, "negative")]
    [InlineData("""{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}""", 1, null, "as F4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, null, "without type, shape or place")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, null, "without type, shape or place")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"code":"x"}}""", 8, null, "'code'")]
    [InlineData("""{"a":[[[[[[[[[[[]]]]]]]]]]]}""", 0, null, "not what the format says")]
    [InlineData("""{"a":""", 0, null, "not what the format says")]
    [InlineData("[]", 0, null, "not what the format says")]
    [InlineData("{} {}", 0, null, "not what the format says")]
    [InlineData("{}", 0, 100_000_001UL, "announces a header")]
    [InlineData("{}", 0, ulong.MaxValue, "announces a header")]
    [InlineData("{}", 0, 3UL, "announces a header")]
    public void Hostile_headers_are_refused_by_what_is_wrong(string header, int dataBytes, ulong? headerLength, string message)
    {
        var path = _folder.Write("model.safetensors", SafetensorsWriter.Raw(header, new byte[dataBytes], headerLength));

        Should.Throw<ModelImportException>(() => SafetensorsFile.Open(path)).Message.ShouldContain(message);
    }

    [Fact]
    public void Every_cut_and_two_thousand_mutations_end_in_the_declared_exception_or_open()
    {
        var whole = new SafetensorsWriter().Floats("first", [3], [1, 2, 3]).Floats("matrix", [3, 2], [10, 11, 20, 21, 30, 31]).ToBytes();
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = _folder.Write("cut.safetensors", whole[..length]);
            Should.Throw<ModelImportException>(() => SafetensorsFile.Open(cut).Dispose());
        }

        var random = new Random(20_261_122);
        var (opened, refused) = (0, 0);
        for (var round = 0; round < 2_000; round++)
        {
            var mutant = (byte[])whole.Clone();
            mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            try
            {
                SafetensorsFile.Open(_folder.Write("mutant.safetensors", mutant)).Dispose();
                opened++;
            }
            catch (ModelImportException)
            {
                refused++;
            }
        }

        opened.ShouldBeGreaterThan(100);
        refused.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Shards_are_found_by_their_index()
    {
        Shard("model-00001-of-00002.safetensors", "a");
        Shard("model-00002-of-00002.safetensors", "b");
        Index("""{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");

        using var set = SafetensorsSet.Open(_folder.Path);

        set.Find("b").ShouldNotBeNull().Columns.ShouldBe(1);
        set.Find("c").ShouldBeNull();
        set.FileNames.Count().ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../model-00001-of-00002.safetensors"}}""", "Do not use this folder")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "Do not use this folder")]
    [InlineData("""{"weight_map":{"a":"model.bin"}}""", "Do not use this folder")]
    [InlineData("""{"weight_map":{"a":"other.safetensors"}}""", "cannot be opened")]
    [InlineData("""{"weight_map":{"b":"model-00001-of-00002.safetensors"}}""", "where it is not")]
    [InlineData("""{"weight_map":{}}""", "names no shard")]
    [InlineData("""{"weight_map":[]}""", "not an index")]
    [InlineData("[", "not an index")]
    public void A_wrong_index_is_refused(string index, string message)
    {
        Shard("model-00001-of-00002.safetensors", "a");
        Index(index);

        Should.Throw<ModelImportException>(() => SafetensorsSet.Open(_folder.Path)).Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("pytorch_model.bin")]
    [InlineData("model.pt")]
    public void Pickle_files_are_refused_by_name(string name)
    {
        _folder.Write("config.json", "{}"u8.ToArray());
        _folder.Write(name, [1, 2, 3]);

        var refused = Should.Throw<ModelImportException>(() => HuggingFaceFolder.Open(_folder.Path));

        refused.Message.ShouldContain(name);
        refused.Message.ShouldContain("runs code");
    }

    [Fact]
    public void Settings_are_typed_and_bounded()
    {
        var config = ConfigJson.Parse("""{"one":1,"real":4096.0,"text":"x","none":null,"big":1e30,"ids":[1,2],"id":3,"flag":true,"child":{"one":2},"half":0.5}"""u8.ToArray(), "config.json");

        config.Number("one", 0, 10).ShouldBe(1);
        config.Number("real", 0, 5000).ShouldBe(4096);
        config.Has("none").ShouldBeFalse();
        config.Number("none", 0, 10, absent: 7).ShouldBe(7);
        config.Ids("ids").ShouldBe([1, 2]);
        config.Ids("id").ShouldBe([3]);
        config.Child("child").ShouldNotBeNull().Number("one", 0, 10).ShouldBe(2);
        Should.Throw<ModelImportException>(() => config.Number("big", 0, 10)).Message.ShouldContain("'big'");
        Should.Throw<ModelImportException>(() => config.Number("half", 0, 10)).Message.ShouldContain("whole number");
        Should.Throw<ModelImportException>(() => config.Ids("text")).Message.ShouldContain("'text'");
        Should.Throw<ModelImportException>(() => config.Number("missing", 0, 10)).Message.ShouldContain("'missing'");
        Should.Throw<ModelImportException>(() => config.Text("one")).Message.ShouldContain("text");
        Should.Throw<ModelImportException>(() => ConfigJson.Parse("""{"a":1,"a":2}"""u8.ToArray(), "config.json")).Message.ShouldContain("config.json");
    }

    private void Shard(string name, string tensor) => _folder.Write(name, new SafetensorsWriter().Floats(tensor, [1], [1]).ToBytes());

    private void Index(string json) => _folder.Write("model.safetensors.index.json", System.Text.Encoding.UTF8.GetBytes(json));
}
