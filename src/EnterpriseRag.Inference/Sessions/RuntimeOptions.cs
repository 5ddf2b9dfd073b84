using System.ComponentModel.DataAnnotations;
using EnterpriseRag.Inference.Native;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Sessions;

/// <summary>How the native runtime is loaded and where models run.</summary>
public sealed class RuntimeOptions
{
    public const string Section = "Inference:Runtime";

    /// <summary>A libonnxruntime to load in place of the one beside the program.</summary>
    public string? LibraryPath { get; set; }

    /// <summary>cpu, cuda (an error where CUDA does not load) or auto (falls back to the CPU with one warning).</summary>
    [AllowedValues("cpu", "cuda", "auto", ErrorMessage = "Inference:Runtime:Provider must be cpu, cuda or auto.")]
    public string Provider { get; set; } = "cpu";

    /// <summary>Cores that inference may use; 0 = all that this process may use.</summary>
    [Range(0, 1024, ErrorMessage = "Inference:Runtime:Threads must lie between 0 (all cores) and 1024.")]
    public int Threads { get; set; }

    internal int UsedThreads => Threads > 0 ? Threads : Environment.ProcessorCount;

    internal ExecutionProvider UsedProvider => Provider switch
    {
        "cuda" => ExecutionProvider.Cuda,
        "auto" => ExecutionProvider.Auto,
        _ => ExecutionProvider.Cpu,
    };
}

[OptionsValidator]
internal sealed partial class RuntimeOptionsValidator : IValidateOptions<RuntimeOptions>;
