namespace EnterpriseRag.Inference.Tokenization.Expressions;

/// <summary>The scripts that published expressions name, which .NET's expressions lack: Unicode 16, as Oniguruma 6.9.10 has them. Hexadecimal ranges.</summary>
internal static class ScriptTables
{
    private const string Han =
        "2E80-2E99 2E9B-2EF3 2F00-2FD5 3005 3007 3021-3029 3038-303B 3400-4DBF 4E00-9FFF F900-FA6D FA70-FAD9 16FE2-16FE3 16FF0-16FF1 20000-2A6DF 2A700-2B739 " +
        "2B740-2B81D 2B820-2CEA1 2CEB0-2EBE0 2EBF0-2EE5D 2F800-2FA1D 30000-3134A 31350-323AF";

    private const string Hiragana =
        "3041-3096 309D-309F 1B001-1B11F 1B132 1B150-1B152 1F200";

    private const string Katakana =
        "30A1-30FA 30FD-30FF 31F0-31FF 32D0-32FE 3300-3357 FF66-FF6F FF71-FF9D 1AFF0-1AFF3 1AFF5-1AFFB 1AFFD-1AFFE 1B000 1B120-1B122 1B155 1B164-1B167";

    private const string Hangul =
        "1100-11FF 302E-302F 3131-318E 3200-321E 3260-327E A960-A97C AC00-D7A3 D7B0-D7C6 D7CB-D7FB FFA0-FFBE FFC2-FFC7 FFCA-FFCF FFD2-FFD7 FFDA-FFDC";

    public static IReadOnlyList<string> Names { get; } = [nameof(Han), nameof(Hiragana), nameof(Katakana), nameof(Hangul)];

    /// <summary>The ranges of a script, or null.</summary>
    public static string? Find(string name) => name.ToUpperInvariant() switch
    {
        "HAN" => Han,
        "HIRAGANA" => Hiragana,
        "KATAKANA" => Katakana,
        "HANGUL" => Hangul,
        _ => null,
    };
}
