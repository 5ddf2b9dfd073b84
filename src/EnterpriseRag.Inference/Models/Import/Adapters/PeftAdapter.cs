using System.Buffers;
using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.HuggingFace;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Adapters;

/// <summary>
/// A LoRA adapter as PEFT saves it: adapter_config.json and adapter_model.safetensors. y = x·Wᵀ + (alpha / r) · x·Aᵀ·Bᵀ; several modules that the graph computes in one
/// product share its slot, each with its own part of the rank.
/// </summary>
internal static class PeftAdapter
{
    public const string ConfigName = "adapter_config.json";
    public const string WeightsName = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";
    private const int MaxRank = 1 << 12;

    private static readonly SearchValues<char> s_expression = SearchValues.Create("*+?()[]|$\\");

    /// <summary>True when a folder says that it is one.</summary>
    public static bool Is(string folder) => File.Exists(Path.Combine(folder, ConfigName));

    /// <param name="folder">The PEFT folder.</param>
    /// <param name="slots">Of the base model.</param>
    /// <exception cref="ModelImportException">Damaged, made for another model, or with something that is not plain LoRA, by name.</exception>
    public static AdapterWeights Read(string folder, AdapterSlots slots)
    {
        var config = ConfigJson.Read(Path.Combine(folder, ConfigName));
        RequirePlain(config);
        if (!File.Exists(Path.Combine(folder, WeightsName)))
        {
            throw new ModelImportException($"{folder} has no {WeightsName} (pickle files are not read: they run code). Save the adapter as safetensors.");
        }

        using var file = SafetensorsSet.Of(folder, [WeightsName]);
        var modules = Modules(config, file);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var products = slots.Products.Select(slot => Product(slot, modules, taken)).OfType<AdapterProduct>().ToList();
        return modules.FirstOrDefault(module => !taken.Contains(module.Name)) is { } unknown
            ? throw new ModelImportException($"The adapter acts on '{unknown.Name}', which the base model does not have or for which it has no place for adapters. Take the model that the adapter was made for.")
            : products.Count > 0 ? new AdapterWeights(products) : throw new ModelImportException($"{WeightsName} holds no adapter.");
    }

    private static void RequirePlain(ConfigJson config)
    {
        if (!string.Equals(config.Text("peft_type"), "LORA", StringComparison.OrdinalIgnoreCase))
        {
            throw Refuse($"peft_type '{config.Text("peft_type")}'");
        }

        foreach (var flag in (ReadOnlySpan<string>)["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"])
        {
            if (config.Flag(flag, absent: false))
            {
                throw Refuse(flag);
            }
        }

        if (config.TextOrNull("bias") is not (null or "none"))
        {
            throw Refuse($"bias '{config.Text("bias")}'");
        }

        foreach (var list in (ReadOnlySpan<string>)["modules_to_save", "layer_replication", "trainable_token_indices", "target_parameters"])
        {
            if (config.Value(list) is { } value && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0))
            {
                throw Refuse(list);
            }
        }

        static ModelImportException Refuse(string what) => new($"{ConfigName} asks for {what}, which is not supported: only the two matrices of plain LoRA are. Merge this adapter into its model instead.");
    }

    private static List<Module> Modules(ConfigJson config, SafetensorsSet file)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
        {
            names.Add(NameOf(tensor.Name) ?? throw new ModelImportException($"{WeightsName} holds '{tensor.Name}', which is no part of plain LoRA. Merge this adapter into its model instead."));
        }

        return [.. names.Select(name =>
        {
            var (down, up) = (Find(file, name, "lora_A"), Find(file, name, "lora_B"));
            var rank = down.Rows;
            if (up.Columns != rank || rank is < 1 or > MaxRank || rank != Setting(config, "rank_pattern", name, config.Real("r")))
            {
                throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"The adapter's matrices of '{name}' have the ranks {rank} and {up.Columns}, which {ConfigName} does not say. The folder is damaged."));
            }

            var alpha = Setting(config, "alpha_pattern", name, config.Real("lora_alpha"));
            return new Module(name, rank, alpha / (config.Flag("use_rslora", absent: false) ? Math.Sqrt(rank) : rank), down, up);
        })];
    }

    private static string? NameOf(string tensor)
    {
        var bare = tensor.StartsWith(Prefix, StringComparison.Ordinal) ? tensor[Prefix.Length..] : tensor;
        foreach (var matrix in (ReadOnlySpan<string>)[".lora_A", ".lora_B"])
        {
            if (bare.IndexOf(matrix, StringComparison.Ordinal) is > 0 and var at && bare[(at + matrix.Length)..] is ".weight" or ".default.weight")
            {
                return bare[..at];
            }
        }

        return null;
    }

    private static SourceTensor Find(SafetensorsSet file, string module, string matrix)
    {
        string[] names = [$"{Prefix}{module}.{matrix}.weight", $"{Prefix}{module}.{matrix}.default.weight", $"{module}.{matrix}.weight", $"{module}.{matrix}.default.weight"];
        return names.Select(file.Find).OfType<SourceTensor>().FirstOrDefault() ?? throw new ModelImportException($"{WeightsName} has no {matrix} of '{module}'. The folder is damaged.");
    }

    /// <summary>A pattern's key names modules by their ending, as in PEFT; other expressions are not guessed.</summary>
    private static double Setting(ConfigJson config, string pattern, string module, double general)
    {
        if (config.Child(pattern) is not { } own)
        {
            return general;
        }

        foreach (var key in own.Keys)
        {
            var ending = key.TrimStart('^').Replace("\\.", ".", StringComparison.Ordinal);
            if (ending.AsSpan().ContainsAny(s_expression))
            {
                throw new ModelImportException($"{ConfigName}: {pattern} has the expression '{key}'; only names of modules are read.");
            }

            if (Same(module, ending))
            {
                return own.Real(key);
            }
        }

        return general;
    }

    private static AdapterProduct? Product(AdapterSlot slot, List<Module> modules, HashSet<string> taken)
    {
        var mine = new List<(Module Module, int Offset)>();
        var places = slot.Parts.Select(part => part is null ? null : modules.Find(module => Same(module.Name, part.Module))).ToList();
        var rank = 0;
        foreach (var module in places.OfType<Module>().Distinct())
        {
            mine.Add((module, rank));
            rank += module.Rank;
            taken.Add(module.Name);
        }

        if (rank == 0)
        {
            return null;
        }

        var (down, up) = (new float[checked(slot.Inputs * rank)], new float[checked(rank * slot.Outputs)]);
        foreach (var (module, offset) in mine)
        {
            if (module.Down.Columns != slot.Inputs)
            {
                throw Misfit(module);
            }

            // A of the adapter is [r, K]; the graph reads it the other way.
            var a = AdapterWeights.Floats(module.Down);
            for (var r = 0; r < module.Rank; r++)
            {
                for (var k = 0; k < slot.Inputs; k++)
                {
                    down[(k * rank) + offset + r] = a[(r * slot.Inputs) + k];
                }
            }

            var b = AdapterWeights.Floats(module.Up);
            var first = 0;
            for (var p = 0; p < places.Count; first += slot.Parts[p]?.Rows ?? 0, p++)
            {
                if (places[p] == module && slot.Parts[p] is { } part)
                {
                    CopyRows(part, module, b, up, first, offset, slot.Outputs);
                }
            }
        }

        return new AdapterProduct(slot, rank, down, up);
    }

    private static void CopyRows(AdapterPart part, Module module, float[] b, float[] up, int first, int offset, int outputs)
    {
        if (part.FirstRow + part.Rows > module.Up.Rows)
        {
            throw Misfit(module);
        }

        for (var row = 0; row < part.Rows; row++)
        {
            var source = part.Published(row) * module.Rank;
            for (var r = 0; r < module.Rank; r++)
            {
                up[((offset + r) * outputs) + first + row] = (float)(module.Scale * b[source + r]);
            }
        }
    }

    private static ModelImportException Misfit(Module module) => new(string.Create(
        CultureInfo.InvariantCulture, $"The adapter's matrices of '{module.Name}' are made for {module.Down.Columns} inputs and {module.Up.Rows} outputs, which are not those of the base model. Take the model that the adapter was made for."));

    /// <summary>Names differ by what stands before them: a checkpoint saved without its head, a model inside another.</summary>
    private static bool Same(string a, string b) =>
        string.Equals(a, b, StringComparison.Ordinal) || a.EndsWith("." + b, StringComparison.Ordinal) || b.EndsWith("." + a, StringComparison.Ordinal);

    /// <param name="Name">Without PEFT's prefix.</param>
    /// <param name="Rank">Of its matrices.</param>
    /// <param name="Scale">Factor of B.</param>
    /// <param name="Down">A, [r, K].</param>
    /// <param name="Up">B, [N, r].</param>
    private sealed record Module(string Name, int Rank, double Scale, SourceTensor Down, SourceTensor Up);
}
