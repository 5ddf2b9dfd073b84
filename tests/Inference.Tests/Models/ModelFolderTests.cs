using System.Security.Cryptography;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("model-folder-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("multilingual-e5-small", "model.onnx.data")]
    [InlineData("smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf")]
    [InlineData("langid", "langid.bin.gz")]
    public void Folders_in_the_box_verify_and_are_named_by_the_hash_of_their_list(string name, string file)
    {
        var path = RepositoryFiles.Model(name);

        var folder = ModelFolder.Open(path);

        folder.Name.ShouldBe(name);
        folder.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(path, "SHA256SUMS")))));
        File.Exists(folder.File(file)).ShouldBeTrue();
        folder.Has("missing.bin").ShouldBeFalse();
        Should.Throw<ModelFolderException>(() => folder.File("README.md")).Message.ShouldContain("README.md");
    }

    [Fact]
    public void A_changed_byte_is_refused_with_the_name_of_the_file()
    {
        Write("model.onnx", "graph");
        Write("sub/config.json", "{}");
        WriteList();
        Write("sub/config.json", "{ }");

        Should.Throw<ModelFolderException>(() => ModelFolder.Open(_root)).Message.ShouldContain("config.json was altered");
    }

    [Fact]
    public void A_missing_file_is_refused()
    {
        Write("model.onnx", "graph");
        WriteList();
        File.Delete(Path.Combine(_root, "model.onnx"));

        Should.Throw<ModelFolderException>(() => ModelFolder.Open(_root)).Message.ShouldContain("model.onnx");
    }

    [Fact]
    public void A_file_that_nobody_vouched_for_is_refused_but_a_readme_is_not()
    {
        Write("model.onnx", "graph");
        WriteList();
        Write("README.md", "read me");
        ModelFolder.Open(_root).Files.ShouldBe(["model.onnx"]);

        Write("sub/model.onnx.data", "weights");
        Should.Throw<ModelFolderException>(() => ModelFolder.Open(_root)).Message.ShouldContain("model.onnx.data is not listed");
    }

    [Fact]
    public void A_link_is_refused()
    {
        Write("model.onnx", "graph");
        WriteList();
        File.CreateSymbolicLink(Path.Combine(_root, "README.md"), "/etc/hostname");

        Should.Throw<ModelFolderException>(() => ModelFolder.Open(_root)).Message.ShouldContain("is a link");
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a\\b")]
    [InlineData("./a")]
    public void A_list_cannot_name_files_outside_the_folder(string name)
    {
        Write("SHA256SUMS", $"{new string('0', 64)}  {name}\n");

        Should.Throw<ModelFolderException>(() => ModelFolder.Open(_root)).Message.ShouldContain("not a file inside the folder");
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a list\n")]
    [InlineData("zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff  a\n")]
    public void A_list_that_is_none_is_refused(string text)
    {
        Write("SHA256SUMS", text);

        Should.Throw<ModelFolderException>(() => ModelFolder.Open(_root));
    }

    [Fact]
    public void A_folder_without_a_list_says_what_to_do()
    {
        Write("model.onnx", "graph");

        Should.Throw<ModelFolderException>(() => ModelFolder.Open(_root)).Message.ShouldContain("rag models import");
        Should.Throw<ModelFolderException>(() => ModelFolder.Open(Path.Combine(_root, "nowhere"))).Message.ShouldContain("nowhere");
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // always below _root
        File.WriteAllText(path, text);
    }

    private void WriteList()
    {
        var files = Directory.GetFiles(_root, "*", SearchOption.AllDirectories)
            .Select(path => KeyValuePair.Create(Path.GetRelativePath(_root, path).Replace('\\', '/'), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))));
        File.WriteAllText(Path.Combine(_root, "SHA256SUMS"), ChecksumList.Format(files));
    }
}
