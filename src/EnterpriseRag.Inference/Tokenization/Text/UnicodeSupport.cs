namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>
/// Normalisation forms come from ICU. In globalization-invariant mode .NET returns text unchanged and says nothing: tokens
/// and languages would be silently wrong, so loading refuses instead.
/// </summary>
internal static class UnicodeSupport
{
    /// <exception cref="PlatformNotSupportedException">Normalisation does nothing here.</exception>
    public static void Require() => Require(static text => text.Normalize(System.Text.NormalizationForm.FormD));

    internal static void Require(Func<string, string> decompose)
    {
        if (decompose("\u00E9").Length != 2)
        {
            throw new PlatformNotSupportedException(
                "Unicode normalisation does not work in this process: install ICU (apt-get install libicu72 or newer) and do not set DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1.");
        }
    }
}
