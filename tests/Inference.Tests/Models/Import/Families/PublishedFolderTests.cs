using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>What published folders say loosely, and folders whose files do not belong together.</summary>
public sealed class PublishedFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"pad_token_id":-1,"eos_token_id":1}""", true)]
    [InlineData("""{"pad_token_id":512,"bos_token_id":null,"eos_token_id":[1,32000]}""", true)]
    [InlineData("""{"eos_token_id":32000}""", false)] // the default of a family whose tokenizer is another
    [InlineData("""{"eos_token_id":null}""", false)]
    public async Task Ids_without_a_row_are_passed_over_and_the_tokenizer_names_the_end(string settings, bool nowhereElse)
    {
        var folder = Changed(settings);
        File.Delete(Path.Combine(folder, "generation_config.json"));
        if (nowhereElse)
        {
            File.Delete(Path.Combine(folder, "tokenizer_config.json"));
        }

        var model = PublishedModel.Parse((await Import(folder)).File("genai_config.json"))["model"].ShouldBeOfType<JsonObject>();

        model["eos_token_id"].ShouldNotBeNull().ToJsonString().ShouldBeOneOf("1", "[1]");
        model["pad_token_id"]?.GetValue<int>().ShouldBeInRange(0, 511);
    }

    [Theory]
    [InlineData("\"</s>\"", true)]
    [InlineData("""{"content":"</s>","lstrip":false}""", true)]
    [InlineData("\"<another>\"", false)]
    [InlineData("7", false)]
    public async Task The_end_is_named_as_text_or_with_flags(string token, bool known)
    {
        var folder = Changed("""{"eos_token_id":null}""");
        File.Delete(Path.Combine(folder, "generation_config.json"));
        await File.WriteAllTextAsync(Path.Combine(folder, "tokenizer_config.json"), $$"""{"eos_token":{{token}}}""", TestContext.Current.CancellationToken);

        if (known)
        {
            (await Import(folder)).Has("genai_config.json").ShouldBeTrue();
        }
        else
        {
            (await Refusal(folder)).ShouldContain("eos_token_id");
        }
    }

    [Theory]
    [InlineData("""{"model":5}""", "model")]
    [InlineData("""{"model":{"type":"Rhymes","vocab":{}}}""", "Rhymes")]
    [InlineData("", "not valid JSON")]
    public async Task A_tokenizer_that_could_not_be_loaded_is_refused(string tokenizer, string named)
    {
        var folder = PublishedModel.Fixture("llama2").WriteFolder(_folder.Sub("published"));
        await File.WriteAllTextAsync(Path.Combine(folder, "tokenizer.json"), tokenizer, TestContext.Current.CancellationToken);

        (await Refusal(folder)).ShouldContain(named);
    }

    [Fact]
    public async Task A_tokenizer_with_more_tokens_than_the_embedding_has_rows_is_refused()
    {
        var config = PublishedModel.Fixture("llama2").With(settings => settings["vocab_size"] = 300).Config;

        (await Refusal(PublishedModel.Random(config, 1).WriteFolder(_folder.Sub("published")))).ShouldContain("512 tokens where the embedding has 300 rows");
    }

    [Fact]
    public async Task An_added_token_without_a_row_is_no_obstacle()
    {
        var folder = PublishedModel.Fixture("llama2").WriteFolder(_folder.Sub("published"));
        var path = Path.Combine(folder, "tokenizer.json");
        var tokenizer = PublishedModel.Parse(path);
        tokenizer["added_tokens"].ShouldBeOfType<JsonArray>().Add(JsonNode.Parse("""{"id":512,"content":"<image>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}"""));
        await File.WriteAllTextAsync(path, tokenizer.ToJsonString(), TestContext.Current.CancellationToken);

        (await Import(folder)).Has("tokenizer.json").ShouldBeTrue();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(32000)]
    public async Task A_config_with_another_vocabulary_than_the_weights_is_refused(int rows) =>
        (await Refusal(Changed(FormattableString.Invariant($$"""{"vocab_size":{{rows}}}""")))).ShouldContain("'vocab_size'");

    [Theory]
    [InlineData("config.json", "no plain file")]
    [InlineData("model.safetensors", "no plain file")]
    [InlineData("tokenizer.json", "not valid JSON")]
    public async Task Pipes_and_devices_are_refused_unopened(string file, string message)
    {
        var folder = PublishedModel.Fixture("llama2").WriteFolder(_folder.Sub("published"));
        File.Delete(Path.Combine(folder, file));
        File.CreateSymbolicLink(Path.Combine(folder, file), "/dev/zero"); // without a length, like a pipe, but a test that opened it would not wait for ever

        (await Refusal(folder)).ShouldContain(message);
    }

    private string Changed(string settings) => PublishedModel.Fixture("llama2").With(config =>
    {
        foreach (var (key, value) in JsonNode.Parse(settings).ShouldBeOfType<JsonObject>())
        {
            config[key] = value?.DeepClone();
        }
    }).WriteFolder(_folder.Sub("published"));

    private Task<ModelFolder> Import(string folder) =>
        ModelImporter.ImportAsync(folder, _folder.Sub("model"), new ModelImportOptions { Bits = WeightBits.Full }, progress: null, TestContext.Current.CancellationToken);

    private async Task<string> Refusal(string folder)
    {
        var message = (await Should.ThrowAsync<ModelImportException>(Import(folder))).Message;
        Directory.Exists(_folder.Sub("model")).ShouldBeFalse();
        return message;
    }
}
