namespace EnterpriseRag.Inference.Sessions;

/// <summary>Where model folders lie. Every path may be absolute or relative to the working directory.</summary>
public sealed class ModelOptions
{
    public const string Section = "Models";

    /// <summary>Folder of the models in the box; default: deploy/models, looked for upward from the program.</summary>
    public string? Directory { get; set; }

    /// <summary>Folder of the embedding model; default: multilingual-e5-small in <see cref="Directory"/>. Another model means a new index.</summary>
    public string? Embedding { get; set; }

    /// <summary>Folder of the language identifier; default: langid in <see cref="Directory"/>.</summary>
    public string? LanguageId { get; set; }

    /// <summary>Folder of the language model; default: the newest one under models in the data directory. None there: answers are quotations.</summary>
    public string? Generation { get; set; }
}
