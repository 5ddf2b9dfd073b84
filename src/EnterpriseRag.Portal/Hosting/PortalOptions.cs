using System.ComponentModel.DataAnnotations;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>How the portal listens and how much it takes in at once.</summary>
internal sealed class PortalOptions
{
    public const string Section = "Portal";

    /// <summary>Address to listen on. The default is loopback: a server that others reach stands behind a TLS proxy or names its address here.</summary>
    [Required(ErrorMessage = "Portal:Url must be an address such as http://127.0.0.1:5080 (port 0 takes a free one).")]
    [Url(ErrorMessage = "Portal:Url must be an address such as http://127.0.0.1:5080 (port 0 takes a free one).")]
    public string Url { get; set; } = "http://127.0.0.1:5080";

    /// <summary>Largest upload request in bytes (1 MB to 4 GB).</summary>
    [Range(1L << 20, 1L << 32, ErrorMessage = "Portal:MaxUploadBytes must lie between 1048576 and 4294967296.")]
    public long MaxUploadBytes { get; set; } = 256L << 20;

    /// <summary>Hours after which an unused sign-in ends (1 to 24).</summary>
    [Range(1, 24, ErrorMessage = "Portal:SessionHours must lie between 1 and 24.")]
    public int SessionHours { get; set; } = 8;

    public SeedOptions Seed { get; set; } = new();

    internal sealed class SeedOptions
    {
        /// <summary>JSON file with accounts and matters to create at start when they are missing; empty: none.</summary>
        public string? File { get; set; }
    }
}
