using System.Text.Json;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>
/// Folders as Optimum and Transformers.js have them: config.json beside an ONNX file with past_key_values.*, and no genai_config.json.
/// </summary>
internal static class PlainExport
{
    private const string Config = "config.json";

    // Best first where a folder holds several precisions of one model: those that are fast on a CPU before those that are exact.
    private static readonly string[] s_names = ["model", "decoder_model_merged", "decoder_with_past_model", "decoder_model"];
    private static readonly string[] s_precisions = ["", "_q4", "_int8", "_quantized", "_uint8", "_q8", "_fp16", "_q4f16", "_bnb4"];

    /// <exception cref="ModelFolderException">No decoder, or of a kind that does not run here; the message names it.</exception>
    public static GenAiConfig Read(ModelFolder folder)
    {
        if (!folder.Has(Config))
        {
            throw new ModelFolderException($"{folder.Path} has neither genai_config.json nor {Config}; it is no language model.");
        }

        string path = folder.File(Config);
        try
        {
            using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(path));
            using JsonDocument generation = JsonDocument.Parse(folder.Has("generation_config.json") ? File.ReadAllBytes(folder.File("generation_config.json")) : "{}"u8.ToArray());
            return Read(config.RootElement, generation.RootElement, FindGraph(folder));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or NotSupportedException)
        {
            throw new ModelFolderException($"{path}: {e.Message}", e);
        }
    }

    private static GenAiConfig Read(JsonElement config, JsonElement generation, string graph)
    {
        foreach (string part in (ReadOnlySpan<string>)["vision_config", "audio_config", "encoder", "decoder"])
        {
            if (GenAiConfig.Child(config, part).ValueKind == JsonValueKind.Object)
            {
                throw new NotSupportedException($"models with a part '{part}' are not supported; only plain decoders are.");
            }
        }

        if (GenAiConfig.Child(config, "is_encoder_decoder").ValueKind == JsonValueKind.True)
        {
            throw new NotSupportedException("encoder-decoder models are not supported; only plain decoders are.");
        }

        int context = (int)GenAiConfig.Number(config, "max_position_embeddings", GenAiConfig.Number(config, "n_positions", 2048));
        int limit = LongRopeLimit(config);
        int heads = (int)GenAiConfig.Number(config, "num_attention_heads", 0);
        JsonElement end = GenAiConfig.Child(generation, "eos_token_id") is { ValueKind: JsonValueKind.Number or JsonValueKind.Array } told ? told : config.GetProperty("eos_token_id");
        return new GenAiConfig
        {
            Type = GenAiConfig.Text(config, "model_type", ""),
            FileName = graph,
            ContextLength = Math.Min(context, limit),
            Notice = context > limit ? GenAiConfig.LongRopeNotice(context, limit) : null,
            EndOfText = GenAiConfig.EndTokens(end),
            KeyValueHeads = (int)GenAiConfig.Number(config, "num_key_value_heads", heads),
            HeadSize = (int)GenAiConfig.Number(config, "head_dim", heads == 0 ? 0 : GenAiConfig.Number(config, "hidden_size", 0) / heads),
            Search = GenAiConfig.ReadSearch(generation),
        };
    }

    /// <summary>Two rotation tables: the context ends where the first does.</summary>
    private static int LongRopeLimit(JsonElement config)
    {
        JsonElement scaling = GenAiConfig.Child(config, "rope_scaling") is { ValueKind: JsonValueKind.Object } old ? old : GenAiConfig.Child(config, "rope_parameters");
        string type = GenAiConfig.Text(scaling, "rope_type", GenAiConfig.Text(scaling, "type", ""));
        return type is not ("longrope" or "su") ? int.MaxValue
            : (int)GenAiConfig.Number(scaling, "original_max_position_embeddings", GenAiConfig.Number(config, "original_max_position_embeddings", 4096));
    }

    private static string FindGraph(ModelFolder folder)
    {
        string[] graphs = [.. folder.Files.Where(f => f.EndsWith(".onnx", StringComparison.Ordinal))];
        var known = from precision in s_precisions
                    from name in s_names
                    from place in (string[])["", "onnx/"]
                    select $"{place}{name}{precision}.onnx";
        return known.FirstOrDefault(folder.Has)
            ?? (graphs.Length == 1 ? graphs[0] : throw new NotSupportedException($"the folder has {graphs.Length} ONNX files, none named as decoders are (model.onnx, decoder_model_merged.onnx, model_q4.onnx); keep one."));
    }
}
