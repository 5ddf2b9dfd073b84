using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>How positions turn the heads, in both spellings of config.json and in GGUF's. What scales them in a way not listed here is refused by name.</summary>
/// <param name="Size">Values of a head that turn; the others stay.</param>
/// <param name="Frequencies">Inverse frequencies after scaling, Size / 2 of them.</param>
/// <param name="Factor">Of cosines and sines; 1 but for longrope.</param>
/// <param name="Limit">Longest text for which the frequencies hold; null = no limit of their own.</param>
internal sealed record RotaryShape(int Size, double[] Frequencies, double Factor = 1, ContextLimit? Limit = null)
{
    private const double MaxTheta = 1e15;

    /// <param name="config">config.json, or its text part.</param>
    /// <param name="headSize">Values of a head.</param>
    /// <param name="theta">Base when the file names none.</param>
    /// <param name="layerType">Key of rope_parameters in files with several kinds of layers.</param>
    /// <param name="partial">Whether the family turns a part of each head when the file says so.</param>
    /// <param name="part">Part of each head when the file names none.</param>
    public static RotaryShape Read(ConfigJson config, int headSize, double theta = 10_000, string? layerType = null, bool partial = false, double part = 1)
    {
        var parameters = config.Child("rope_parameters");
        parameters = layerType is not null && parameters?.Child(layerType) is { } own ? own : parameters;
        var scaling = parameters ?? config.Child("rope_scaling");
        part = parameters?.RealOrNull("partial_rotary_factor") ?? config.RealOrNull("partial_rotary_factor") ?? config.RealOrNull("rotary_pct") ?? part;
        if (part > 1 || (part < 1 && !partial))
        {
            throw DecoderShape.Unsupported(config.Name, string.Create(CultureInfo.InvariantCulture, $"turns {part} of each head"));
        }

        var size = (int)(headSize * part);
        var given = parameters?.RealOrNull("rope_theta") ?? config.RealOrNull("rope_theta") ?? config.RealOrNull("rotary_emb_base") ?? theta;
        return Scaled(config, scaling, new RotaryShape(size, Rotary.Frequencies(Theta(config.Name, given), size)));
    }

    /// <summary>Without any scaling, for the windowed layers of models that scale only the others.</summary>
    public static RotaryShape Plain(double theta, int size) => new(size, Rotary.Frequencies(theta, size));

    private static RotaryShape Scaled(ConfigJson config, ConfigJson? scaling, RotaryShape plain)
    {
        var type = scaling?.TextOrNull("rope_type") ?? scaling?.TextOrNull("type") ?? "default";
        return (type, scaling) switch
        {
            ("default", _) => plain,
            ("linear", { } linear) => plain.DividedBy(linear.Real("factor")),
            ("llama3", { } llama3) => plain.Llama3(llama3),
            ("longrope" or "su", { } longRope) => plain.LongRope(config, longRope),
            _ => throw DecoderShape.Unsupported(config.Name, $"scales its rotation by '{type}'"),
        };
    }

    /// <param name="keys">The metadata.</param>
    /// <param name="tensors">May hold tables of divisors, which replace any formula.</param>
    /// <param name="headSize">Values of a head.</param>
    /// <param name="partial">Whether the family turns a part of each head when the file says so.</param>
    /// <param name="theta">Base when the file names none.</param>
    public static RotaryShape Read(GgufKeys keys, TensorSet tensors, int headSize, bool partial = false, double theta = 10_000)
    {
        var size = keys.Number("rope.dimension_count", 1, DecoderShape.MaxHeadSize, absent: headSize);
        if (size > headSize || (size < headSize && !partial))
        {
            throw DecoderShape.Unsupported(keys.Source, string.Create(CultureInfo.InvariantCulture, $"turns {size} of the {headSize} values of each head"));
        }

        var plain = new RotaryShape(size, Rotary.Frequencies(Theta(keys.Source, keys.Real("rope.freq_base", absent: theta)), size));
        if (tensors.Has("rope_factors_short.weight"))
        {
            tensors.Ignore("rope_factors_long.weight");
            return plain.DividedBy(tensors.Values("rope_factors_short.weight", size / 2), keys.Source) with
            {
                Factor = keys.Real("rope.scaling.attn_factor", absent: 1),
                Limit = LongRopeLimit(keys.Number("context_length", 1, int.MaxValue), keys.Number("rope.scaling.original_context_length", 1, int.MaxValue)),
            };
        }

        if (tensors.Has("rope_freqs.weight"))
        {
            // Llama 3's scaling is stored as divisors; no key tells of it.
            return plain.DividedBy(tensors.Values("rope_freqs.weight", size / 2), keys.Source);
        }

        return (keys.TextOrNull("rope.scaling.type") ?? (keys.Has("rope.scale_linear") ? "linear" : "none")) switch
        {
            "none" => plain,
            "linear" => plain.DividedBy(keys.Real("rope.scaling.factor", keys.Real("rope.scale_linear", absent: 1))),
            var other => throw DecoderShape.Unsupported(keys.Source, $"scales its rotation by '{other}'"),
        };
    }

    private RotaryShape DividedBy(double factor) => this with { Frequencies = [.. Frequencies.Select(frequency => frequency / factor)] };

    private RotaryShape DividedBy(IReadOnlyList<double> divisors, string source) => divisors.Count == Frequencies.Length && divisors.All(divisor => double.IsFinite(divisor) && divisor > 0)
        ? this with { Frequencies = [.. Frequencies.Zip(divisors, (frequency, divisor) => frequency / divisor)] }
        : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{source} has {divisors.Count} divisors for {Frequencies.Length} frequencies, or one that is not above zero. The file is damaged."));

    /// <summary>Long waves are stretched, short ones stay, those between are mixed.</summary>
    private RotaryShape Llama3(ConfigJson scaling)
    {
        var (factor, low, high) = (scaling.Real("factor"), scaling.Real("low_freq_factor"), scaling.Real("high_freq_factor"));
        double original = scaling.Number("original_max_position_embeddings", 1, int.MaxValue);
        if (low >= high)
        {
            throw DecoderShape.Unsupported(scaling.Name, string.Create(CultureInfo.InvariantCulture, $"has a low_freq_factor of {low} and a high_freq_factor of {high}"));
        }

        return this with
        {
            Frequencies =
            [
                .. Frequencies.Select(frequency =>
                {
                    var wave = 2 * Math.PI / frequency;
                    if (wave > original / low)
                    {
                        return frequency / factor;
                    }

                    var smooth = ((original / wave) - low) / (high - low);
                    return wave < original / high ? frequency : ((1 - smooth) * frequency / factor) + (smooth * frequency);
                }),
            ],
        };
    }

    /// <summary>
    /// The short table only: the long one needs the whole sequence computed anew at the moment it passes the limit, so the context ends there.
    /// </summary>
    private RotaryShape LongRope(ConfigJson config, ConfigJson scaling)
    {
        var context = config.Number("max_position_embeddings", 1, int.MaxValue);
        var original = config.NumberOrNull("original_max_position_embeddings", 2, int.MaxValue) ?? scaling.Number("original_max_position_embeddings", 2, int.MaxValue);
        var factor = scaling.RealOrNull("attention_factor")
            ?? (context > original ? Math.Sqrt(1 + (Math.Log((double)context / original) / Math.Log(original))) : 1);
        return DividedBy(scaling.Reals("short_factor") ?? throw scaling.Missing("short_factor"), config.Name) with { Factor = factor, Limit = LongRopeLimit(context, original) };
    }

    private static ContextLimit? LongRopeLimit(int context, int original) => context <= original ? null : new ContextLimit(
        original,
        string.Create(CultureInfo.InvariantCulture, $"its rotation changes beyond {original} tokens (longrope) and only the part up to there is imported"));

    private static double Theta(string source, double theta) => theta is > 1 and <= MaxTheta
        ? theta
        : throw DecoderShape.Unsupported(source, string.Create(CultureInfo.InvariantCulture, $"has a rotation base of {theta}"));
}
