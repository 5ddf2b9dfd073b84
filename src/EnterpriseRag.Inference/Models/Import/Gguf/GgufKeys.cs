namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>The keys of a GGUF file that begin with its architecture.</summary>
internal sealed class GgufKeys(GgufMetadata metadata, string source)
{
    private readonly string _prefix = metadata.Text("general.architecture") + ".";

    /// <summary>File name, for messages.</summary>
    public string Source => source;

    public GgufMetadata All => metadata;

    public bool Has(string key) => metadata.Has(_prefix + key);

    public string? TextOrNull(string key) => metadata.TextOrNull(_prefix + key);

    public int Number(string key, int min, int max, int? absent = null) => metadata.Number(_prefix + key, min, max, absent);

    public double Real(string key, double? absent = null) => metadata.Real(_prefix + key, absent);

    public bool Flag(string key, bool absent) => metadata.Flag(_prefix + key, absent);

    /// <summary>A list of true and false; null when the key is absent or something else.</summary>
    public bool[]? FlagsOrNull(string key) => metadata.FlagsOrNull(_prefix + key);
}
