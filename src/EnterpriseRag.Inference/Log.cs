using EnterpriseRag.Inference.Generation.Scheduling;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Inference;

/// <summary>Event ids 3020 to 3999 (3000 to 3019 are Inference.Native's). Never text of prompts or answers.</summary>
internal static partial class Log
{
    [LoggerMessage(3100, LogLevel.Information, "Language model {Name} loaded: context of {Context} tokens, {Languages}")]
    public static partial void ModelLoaded(ILogger logger, string name, int context, string languages);

    [LoggerMessage(3101, LogLevel.Error, "The language model at {Path} does not serve; answers are quotations until it is mended")]
    public static partial void ModelRefused(ILogger logger, string path, Exception error);

    [LoggerMessage(3102, LogLevel.Information, "Generated {Tokens} tokens for a prompt of {PromptTokens} ({CachedTokens} cached): {End}, {WaitedMs:F0} ms + {PrefillMs:F0} ms + {DecodeMs:F0} ms")]
    public static partial void Generated(ILogger logger, int promptTokens, int cachedTokens, int tokens, GenerationEnd end, double waitedMs, double prefillMs, double decodeMs);

    [LoggerMessage(3104, LogLevel.Warning, "Language model {Name}: {Notice}")]
    public static partial void ModelLimited(ILogger logger, string name, string notice);

    [LoggerMessage(3103, LogLevel.Error, "A generation failed")]
    public static partial void GenerationFailed(ILogger logger, Exception error);

    [LoggerMessage(3110, LogLevel.Information, "The folder {Name} is the exact import of {Source} in the box: approved by its shipped card")]
    public static partial void ImportProved(ILogger logger, string name, string source);
}
