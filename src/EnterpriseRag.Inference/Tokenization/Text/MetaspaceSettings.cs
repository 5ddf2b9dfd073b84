using EnterpriseRag.Inference.Tokenization.Components;

namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>Where a space is put in front: of every piece, of the first, of none.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>Settings that the pre-tokeniser and the decoder Metaspace share.</summary>
internal sealed record MetaspaceSettings(char Replacement, PrependScheme Prepend, bool Split)
{
    public static MetaspaceSettings Read(ComponentSettings settings)
    {
        var replacement = settings.Text("replacement");
        if (replacement.Length != 1 || char.IsSurrogate(replacement[0]))
        {
            throw settings.Unsupported($"the replacement '{replacement}'");
        }

        // Files from before tokenizers 0.15 have add_prefix_space in place of prepend_scheme.
        var scheme = settings.Json.TryGetProperty("prepend_scheme", out _) ? settings.Text("prepend_scheme")
            : settings.Flag("add_prefix_space", absent: true) ? "always" : "never";
        return new MetaspaceSettings(replacement[0], scheme switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw settings.Unsupported($"prepend_scheme '{scheme}'"),
        }, settings.Flag("split", absent: true));
    }
}
