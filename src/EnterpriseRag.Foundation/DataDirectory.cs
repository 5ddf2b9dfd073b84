using System.ComponentModel.DataAnnotations;

namespace EnterpriseRag.Foundation;

/// <summary>Where this installation keeps what is not in Postgres: index, blobs, keys, imported models, logs.</summary>
public sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>Absolute or relative to the working directory; created at first start with mode 0700.</summary>
    [Required]
    public string Directory { get; set; } = ".data";

    public string Sub(string name) => Path.GetFullPath(Path.Combine(Directory, name));
}
