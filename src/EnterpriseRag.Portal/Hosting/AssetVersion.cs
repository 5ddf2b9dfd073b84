namespace EnterpriseRag.Portal.Hosting;

/// <summary>Addresses of the portal's own files with the build's id, so that browsers may keep them for a year and still get new ones after an update.</summary>
internal sealed class AssetVersion
{
    private readonly string _version = typeof(AssetVersion).Module.ModuleVersionId.ToString("N")[..12];

    public string Of(string path) => $"/{path}?v={_version}";
}
