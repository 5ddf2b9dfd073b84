using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Registry;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Models.Import.Families;

/// <summary>The same model in another spelling gives the same graph and weights, byte for byte; what no recipe covers is refused by name.</summary>
public sealed class FamilySpellingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _folders;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama3", """{"rope_parameters":null,"rope_theta":500000.0,"rope_scaling":{"type":"llama3","factor":8.0,"high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":64}}""")]
    [InlineData("llama2", """{"rope_parameters":null,"rope_scaling":null,"head_dim":null,"num_key_value_heads":null,"eos_token_id":[1,2]}""")]
    [InlineData("codellama", """{"rope_parameters":null,"rope_theta":1000000}""")]
    [InlineData("mixtral", """{"rope_parameters":null}""")]
    [InlineData("pythia", """{"rope_parameters":null,"rotary_pct":0.25,"rotary_emb_base":10000}""")]
    [InlineData("pythia", """{"rope_parameters":null}""")]
    [InlineData("falcon", """{"rope_parameters":null,"num_kv_heads":null,"tie_word_embeddings":null,"ffn_hidden_size":null}""")]
    [InlineData("falcon-new", """{"num_ln_in_parallel_attn":null}""")]
    [InlineData("qwen2", """{"sliding_window":4096,"layer_types":null,"rope_parameters":null,"rope_theta":10000}""")]
    [InlineData("gemma2", """{"layer_types":null,"rope_parameters":null,"tie_word_embeddings":null,"rope_theta":10000.0}""")]
    [InlineData("gemma3", """{"layer_types":null,"_sliding_window_pattern":null,"sliding_window_pattern":6,"rope_parameters":null,"rope_theta":1000000.0,"rope_local_base_freq":10000.0,"rope_scaling":null}""")]
    [InlineData("gemma3", """{"layer_types":null,"_sliding_window_pattern":null,"rope_parameters":null}""")]
    public async Task Older_spellings_of_the_settings_mean_the_same(string family, string changes)
    {
        var model = PublishedModel.Fixture(family);

        await ShouldBeEqual(model, model.With(config =>
        {
            foreach (var (key, value) in JsonNode.Parse(changes) as JsonObject ?? [])
            {
                config.Remove(key);
                if (value is not null)
                {
                    config[key] = value.DeepClone();
                }
            }
        }));
    }

    [Theory]
    [InlineData("phi3", """{"sliding_window":null,"rope_parameters":null,"rope_scaling":null}""")]
    [InlineData("gemma2", """{"rope_scaling":null}""")]
    [InlineData("qwen3", """{"sliding_window":null}""")]
    public async Task Null_means_none(string family, string changes)
    {
        var model = PublishedModel.Fixture(family);

        await ShouldBeEqual(model, model.With(config =>
        {
            foreach (var (key, value) in JsonNode.Parse(changes) as JsonObject ?? [])
            {
                config[key] = value?.DeepClone();
            }
        }));
    }

    [Theory]
    [InlineData("language_model.")]
    [InlineData("model.language_model.")]
    public async Task A_language_model_inside_one_that_sees_is_taken_out(string prefix)
    {
        var model = PublishedModel.Fixture("gemma3");
        var inside = model.Renamed(name => prefix is "language_model." ? prefix + name : prefix + name["model.".Length..]);
        var tensors = new Dictionary<string, PublishedTensor>(inside.Tensors, StringComparer.Ordinal)
        {
            ["vision_tower.vision_model.embeddings.patch_embedding.weight"] = new([2, 3, 2, 2], new float[24]),
            ["multi_modal_projector.mm_input_projection_weight"] = new([2, 2], new float[4]),
        };
        var text = (JsonObject)model.Config.DeepClone();
        text.Remove("eos_token_id");
        var both = new PublishedModel(new JsonObject { ["model_type"] = "gemma3", ["text_config"] = text, ["vision_config"] = new JsonObject(), ["eos_token_id"] = new JsonArray(1, 2) }, tensors);

        await ShouldBeEqual(model, both);
    }

    [Fact]
    public async Task Shards_a_stored_copy_of_a_tied_head_and_saved_tables_change_nothing()
    {
        var model = PublishedModel.Fixture("qwen2");
        var tensors = new Dictionary<string, PublishedTensor>(model.Tensors, StringComparer.Ordinal)
        {
            ["lm_head.weight"] = new([512, 64], new float[512 * 64]),
            ["model.layers.0.self_attn.rotary_emb.inv_freq"] = new([8], new float[8]),
        };

        var expected = await Import(model.WriteFolder(Next()));
        var sharded = await Import((model with { Tensors = tensors }).WriteFolder(Next(), shards: 3));

        sharded.Checksum("model.onnx.data").ShouldBe(expected.Checksum("model.onnx.data"));
        sharded.Checksum("model.onnx").ShouldBe(expected.Checksum("model.onnx"));
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public async Task Half_precision_is_read_as_the_values_it_holds(string type)
    {
        var model = PublishedModel.Fixture("llama3");
        var rounded = model with { Tensors = model.Tensors.ToDictionary(t => t.Key, t => t.Value with { Values = Array.ConvertAll(t.Value.Values, v => type is "F16" ? (float)(Half)v : BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(v) & 0xFFFF_0000)) }, StringComparer.Ordinal) };

        var expected = await Import(rounded.WriteFolder(Next()));
        var half = await Import(model.WriteFolder(Next(), type));

        half.Checksum("model.onnx.data").ShouldBe(expected.Checksum("model.onnx.data"));
        ModelCard.Read(half).Quantisation.ShouldNotBeNull().Published.Keys.ShouldBe([type]);
    }

    [Fact]
    public async Task Longrope_ends_where_its_first_table_does_and_says_so()
    {
        var model = LongRope();

        var folder = await Import(model.WriteFolder(Next()));

        ModelCard.Read(folder).ContextTokens.ShouldBe(128);
        ModelCard.Read(folder).Notes.ShouldNotBeNull().ShouldHaveSingleItem().ShouldContain("128 of 512 tokens");
        (await Should.ThrowAsync<ModelImportException>(Import(model.WriteFolder(Next()), new ModelImportOptions { ContextTokens = 200 }))).Message.ShouldContain("longrope");
        folder = await Import(LongRope("su").WriteFolder(Next()));
        ModelCard.Read(folder).ContextTokens.ShouldBe(128);
    }

    [Fact]
    public async Task A_mistral_whose_window_its_gguf_lost_is_limited_to_the_window()
    {
        var source = _folder.Write("mistral.gguf", TinyLlama.Metadata()
            .Number("llama.block_count", 32).Number("llama.embedding_length", 4096).Number("llama.feed_forward_length", 14_336)
            .Number("llama.attention.head_count", 32).Number("llama.attention.head_count_kv", 8).Number("llama.context_length", 32_768).ToBytes());

        (await Should.ThrowAsync<ModelImportException>(Import(source, new ModelImportOptions { ContextTokens = 8192 }))).Message.ShouldContain("Ask for 1 to 4096");
    }

    [Theory]
    [InlineData("llama2", """{"model_type":"qwen3_moe"}""", "'qwen3_moe', which is not supported")]
    [InlineData("llama2", """{"model_type":"llava","text_config":{}}""", "'llava', which is not supported")]
    [InlineData("llama2", """{"rope_parameters":{"rope_type":"yarn","factor":4.0}}""", "'yarn'")]
    [InlineData("llama2", """{"rope_parameters":null,"rope_scaling":{"type":"dynamic","factor":2.0}}""", "'dynamic'")]
    [InlineData("llama2", """{"hidden_act":"relu"}""", "'relu'")]
    [InlineData("llama2", """{"rope_parameters":{"rope_theta":10000.0,"partial_rotary_factor":0.5}}""", "turns 0.5 of each head")]
    [InlineData("llama2", """{"head_dim":12}""", "heads of 12 values")]
    [InlineData("llama2", """{"num_key_value_heads":3}""", "cannot be grouped")]
    [InlineData("llama2", """{"num_hidden_layers":1000000}""", "'num_hidden_layers'")]
    [InlineData("llama2", """{"num_hidden_layers":3}""", "'model.layers.2.input_layernorm.weight'")]
    [InlineData("llama2", """{"num_hidden_layers":1}""", "'model.layers.1.input_layernorm.weight'")]
    [InlineData("llama2", """{"attention_bias":true}""", "'model.layers.0.self_attn.q_proj.bias'")]
    [InlineData("llama2", """{"intermediate_size":96}""", "where the metadata says 96")]
    [InlineData("llama2", """{"quantization_config":{"quant_method":"awq","bits":4}}""", "quantised by 'awq'")]
    [InlineData("falcon", """{"alibi":true}""", "alibi (Falcon-RW)")]
    [InlineData("falcon", """{"parallel_attn":false}""", "Falcon-RW")]
    [InlineData("qwen2", """{"use_sliding_window":true,"sliding_window":8,"layer_types":["full_attention","chunked_attention"]}""", "'chunked_attention'")]
    [InlineData("gemma3", """{"layer_types":["full_attention"]}""", "'layer_types' has 1 entries for 6 layers")]
    [InlineData("gemma3", """{"use_bidirectional_attention":true}""", "encoder")]
    [InlineData("phi3", """{"rope_parameters":{"rope_type":"longrope","short_factor":[1.0],"rope_theta":10000.0}}""", "1 divisors for 8 frequencies")]
    [InlineData("mixtral", """{"num_experts_per_tok":9}""", "'num_experts_per_tok'")]
    public async Task What_no_recipe_covers_is_refused_by_name(string family, string changes, string message)
    {
        var model = PublishedModel.Fixture(family).With(config =>
        {
            foreach (var (key, value) in JsonNode.Parse(changes) as JsonObject ?? [])
            {
                config[key] = value?.DeepClone();
            }
        });

        (await Should.ThrowAsync<ModelImportException>(Import(model.WriteFolder(Next())))).Message.ShouldContain(message);
    }

    [Fact]
    public async Task An_unknown_family_is_refused_with_the_list_of_those_known()
    {
        var model = PublishedModel.Fixture("llama2").With(config => config["model_type"] = "mamba");

        var message = (await Should.ThrowAsync<ModelImportException>(Import(model.WriteFolder(Next())))).Message;

        foreach (var known in new[] { "falcon", "gemma2", "gemma3", "gpt_neox", "llama", "mistral", "mixtral", "phi3", "qwen2", "qwen3" })
        {
            message.ShouldContain(known);
        }
    }

    [Fact]
    public async Task A_folder_without_a_tokenizer_is_refused()
    {
        var folder = PublishedModel.Fixture("llama2").WriteFolder(Next());
        File.Delete(Path.Combine(folder, "tokenizer.json"));

        (await Should.ThrowAsync<ModelImportException>(Import(folder))).Message.ShouldContain("tokenizer.json");
    }

    [Fact]
    public async Task Ids_and_search_settings_of_the_folder_reach_the_runtime()
    {
        var folder = PublishedModel.Fixture("llama2").With(config => config["eos_token_id"] = 7).WriteFolder(Next());
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"eos_token_id":[1,5],"bos_token_id":0,"do_sample":true,"temperature":0.6,"top_p":0.9,"top_k":20,"repetition_penalty":1.1}""");
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), "{{ messages }}");
        File.WriteAllText(Path.Combine(folder, "README.md"), "---\nlicense: apache-2.0\nlanguage:\n- en\n- de\n---\n# Model\n");

        var imported = await Import(folder);

        var config = PublishedModel.Parse(imported.File("genai_config.json"));
        config["model"]?["eos_token_id"]?.AsArray().Select(id => id?.GetValue<int>()).ShouldBe([1, 5, 7]);
        config["search"]?["do_sample"]?.GetValue<bool>().ShouldBeTrue();
        config["search"]?["temperature"]?.GetValue<double>().ShouldBe(0.6);
        config["search"]?["top_k"]?.GetValue<int>().ShouldBe(20);
        imported.Files.Order(StringComparer.Ordinal).ShouldBe(["adapter_slots.json", "card.json", "chat_template.jinja", "genai_config.json", "generation_config.json", "model.onnx", "model.onnx.data", "tokenizer.json", "tokenizer_config.json"]);
        ModelCard.Read(imported).Licence.ShouldBe("apache-2.0");
        ModelCard.Read(imported).Languages.ShouldBe(["en", "de"]);
        ModelImporter.FindExisting(folder, imported.Path, new ModelImportOptions { Bits = WeightBits.Full }, TestContext.Current.CancellationToken).ShouldNotBeNull();
        File.AppendAllText(Path.Combine(folder, "tokenizer.json"), " ");
        ModelImporter.FindExisting(folder, imported.Path, new ModelImportOptions { Bits = WeightBits.Full }, TestContext.Current.CancellationToken).ShouldBeNull();
    }

    [Fact]
    public async Task A_download_cache_of_links_is_read_like_the_files_behind_them()
    {
        var published = PublishedModel.Fixture("llama2").WriteFolder(Next());
        var linked = Directory.CreateDirectory(Path.Combine(_folder.Sub("cache"), Path.GetFileName(published))).FullName;
        foreach (var file in Directory.EnumerateFiles(published))
        {
            File.CreateSymbolicLink(Path.Combine(linked, Path.GetFileName(file)), file);
        }

        var expected = ModelCard.Read(await Import(published));
        var actual = ModelCard.Read(await Import(linked));

        actual.Source.ShouldBe(expected.Source);
        actual.Source.ShouldNotBeNull().Bytes.ShouldBeGreaterThan(500_000);
    }

    [Theory]
    [InlineData("parts missing", "model-00001-of-00003.gguf is not beside it")]
    [InlineData("another name", "is not named like one")]
    [InlineData("parts exchanged", "another part than its name says")]
    [InlineData("tensors missing", "where the first announces another number")]
    [InlineData("tensor twice", "and so does another part")]
    public void Split_files_that_do_not_belong_together_are_refused(string what, string message)
    {
        GgufConversion.WriteSplit(PublishedModel.Fixture("llama2"), _folder.Path, parts: 3);
        var (first, second, third) = (_folder.Sub("model-00001-of-00003.gguf"), _folder.Sub("model-00002-of-00003.gguf"), _folder.Sub("model-00003-of-00003.gguf"));
        switch (what)
        {
            case "parts missing":
                File.Delete(first);
                break;
            case "another name":
                File.Move(second, _folder.Sub("other.gguf"));
                second = _folder.Sub("other.gguf");
                break;
            case "parts exchanged":
                File.Move(third, _folder.Sub("x"));
                File.Move(second, third);
                File.Move(_folder.Sub("x"), second);
                break;
            case "tensors missing":
                File.WriteAllBytes(third, Part(new GgufWriter()));
                break;
            case "tensor twice":
                File.WriteAllBytes(third, Part(new GgufWriter().Tensor("token_embd.weight", [32], 0, new byte[128])));
                break;
        }

        Should.Throw<ModelImportException>(() => GgufModel.Open(second)).Message.ShouldContain(message);

        static byte[] Part(GgufWriter writer) => writer.Key("split.no", 2, w => w.Write((ushort)2)).Key("split.count", 2, w => w.Write((ushort)3)).ToBytes();
    }

    private static PublishedModel LongRope(string type = "longrope") => PublishedModel.Fixture("phi3").With(config =>
    {
        config["rope_parameters"] = null;
        config["original_max_position_embeddings"] = 128;
        config["rope_scaling"] = new JsonObject { ["type"] = type, ["short_factor"] = new JsonArray([.. Enumerable.Repeat(0, 8).Select(_ => (JsonNode)1.25)]), ["long_factor"] = new JsonArray([.. Enumerable.Repeat(0, 8).Select(_ => (JsonNode)4.0)]) };
    });

    private async Task ShouldBeEqual(PublishedModel model, PublishedModel other)
    {
        var expected = await Import(model.WriteFolder(Next()));
        var actual = await Import(other.WriteFolder(Next()));

        actual.Checksum("model.onnx").ShouldBe(expected.Checksum("model.onnx"));
        actual.Checksum("model.onnx.data").ShouldBe(expected.Checksum("model.onnx.data"));
    }

    private string Next() => _folder.Sub(FormattableString.Invariant($"published-{_folders++}"));

    private Task<ModelFolder> Import(string source, ModelImportOptions? options = null) => ModelImporter.ImportAsync(
        source, _folder.Sub(FormattableString.Invariant($"imported-{_folders++}")), options ?? new ModelImportOptions { Bits = WeightBits.Full }, null, TestContext.Current.CancellationToken);
}
