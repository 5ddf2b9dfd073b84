namespace EnterpriseRag.Cli.Doctor;

internal enum CheckState
{
    Ok,

    /// <summary>It runs, with the limit that the detail names.</summary>
    Warning,

    /// <summary>It does not run.</summary>
    Error,
}

/// <summary>One finding.</summary>
/// <param name="Name">A word or two.</param>
/// <param name="State">How bad.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do; null when nothing is wrong.</param>
internal sealed record Check(string Name, CheckState State, string Detail, string? Remedy = null)
{
    public static Check Ok(string name, string detail) => new(name, CheckState.Ok, detail);

    public static Check Warning(string name, string detail, string remedy) => new(name, CheckState.Warning, detail, remedy);

    public static Check Error(string name, string detail, string remedy) => new(name, CheckState.Error, detail, remedy);
}
