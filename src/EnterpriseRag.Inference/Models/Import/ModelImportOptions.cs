namespace EnterpriseRag.Inference.Models.Import;

/// <summary>What may be chosen at an import. Part of the key under which an existing import is recognised.</summary>
public sealed record ModelImportOptions
{
    public WeightBits Bits { get; init; } = WeightBits.Auto;

    /// <summary>Of quantised products: 4 rounds activations to 8 bits, 0 leaves them floats (exact, and at 8 bits many times slower).</summary>
    public int AccuracyLevel { get; init; } = 4;

    /// <summary>Longest prompt and answer together; null = the model's own, at most 131,072.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>ISO 639-1 codes of the languages in which the model may write; null = those that the published file names (none named: none).</summary>
    public IReadOnlyList<string>? Languages { get; init; }

    /// <summary>Replace a folder of another import at the target.</summary>
    public bool Replace { get; init; }

    /// <summary>The choices that change the result, in a fixed spelling.</summary>
    internal string Canonical => FormattableString.Invariant($"bits={(Bits == WeightBits.Auto ? "auto" : ((int)Bits).ToString(System.Globalization.CultureInfo.InvariantCulture))};context={(ContextTokens is { } tokens ? tokens.ToString(System.Globalization.CultureInfo.InvariantCulture) : "model")};languages={(Languages is null ? "file" : string.Join(',', Languages))}{(AccuracyLevel == 4 ? "" : ";accuracy=0")}");
}

/// <summary>How far an import is.</summary>
/// <param name="Stage">What is being done, in English.</param>
/// <param name="Done">Bytes of this stage.</param>
/// <param name="Total">All bytes of this stage.</param>
public readonly record struct ModelImportProgress(string Stage, long Done, long Total);
