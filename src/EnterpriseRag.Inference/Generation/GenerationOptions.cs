using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Generation;

/// <summary>Limits of the language model on this machine.</summary>
public sealed class GenerationOptions
{
    public const string Section = "Inference:Generation";

    /// <summary>
    /// Megabytes for the keys and values of all running conversations and of shared beginnings of prompts. Caps the context: published models promise lengths whose
    /// cache no ordinary machine holds. Address space at first; memory as far as conversations have been. 512 MB are 11,500 tokens of the model in the box: eight questions over documents at once.
    /// </summary>
    [Range(16, 1 << 20, ErrorMessage = "Inference:Generation:CacheMegabytes must lie between 16 and 1048576.")]
    public int CacheMegabytes { get; set; } = 512;

    /// <summary>Requests that run side by side, as far as the cache holds them; 0 = 8. More share a step's cost, but each waits longer for its token.</summary>
    [Range(0, 64, ErrorMessage = "Inference:Generation:MaxConcurrency must lie between 0 (8) and 64.")]
    public int MaxConcurrency { get; set; }

    /// <summary>Tokens of an answer whose caller names no limit.</summary>
    [Range(1, 1 << 20, ErrorMessage = "Inference:Generation:MaxOutputTokens must lie between 1 and 1048576.")]
    public int MaxOutputTokens { get; set; } = 512;

    /// <summary>Requests that may wait for the model; further ones are refused with the time after which to ask again. One user may have half of the places.</summary>
    [Range(1, 1024, ErrorMessage = "Inference:Generation:QueueLength must lie between 1 and 1024.")]
    public int QueueLength { get; set; } = 64;

    /// <summary>Beyond 8 rows a step costs in proportion to its rows (model in the box, 2 cores).</summary>
    internal int UsedConcurrency => MaxConcurrency > 0 ? MaxConcurrency : 8;
}

[OptionsValidator]
internal sealed partial class GenerationOptionsValidator : IValidateOptions<GenerationOptions>;
