using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Generation;

/// <summary>Limits of the language model on this machine.</summary>
public sealed class GenerationOptions
{
    public const string Section = "Inference:Generation";

    /// <summary>
    /// Megabytes for the keys and values of a conversation. Caps the context: published models promise lengths whose cache no ordinary machine holds.
    /// Address space at first; memory as far as a conversation has been. 192 MB are 4,352 tokens of the model in the box.
    /// </summary>
    [Range(16, 1 << 20, ErrorMessage = "Inference:Generation:CacheMegabytes must lie between 16 and 1048576.")]
    public int CacheMegabytes { get; set; } = 192;

    /// <summary>Tokens of an answer whose caller names no limit.</summary>
    [Range(1, 1 << 20, ErrorMessage = "Inference:Generation:MaxOutputTokens must lie between 1 and 1048576.")]
    public int MaxOutputTokens { get; set; } = 512;

    /// <summary>Requests that may wait for the model; further callers wait without a place in it.</summary>
    [Range(1, 1024, ErrorMessage = "Inference:Generation:QueueLength must lie between 1 and 1024.")]
    public int QueueLength { get; set; } = 16;
}

[OptionsValidator]
internal sealed partial class GenerationOptionsValidator : IValidateOptions<GenerationOptions>;
