using System.CommandLine;

namespace EnterpriseRag.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON to the standard output; text for people stays on the error stream.", Recursive = true };

    public static Option<string?> Server { get; } = new("--server") { Description = "Address of the host. Default: RAG_SERVER, else portal.url in the data folder.", HelpName = "url" };

    public static Option<string?> TokenFile { get; } = new("--token-file") { Description = "File with a personal access token (mode 0600). Default: RAG_TOKEN_FILE, else demo.token in the data folder.", HelpName = "file" };

    public static Option<string[]> Matters { get; } = new("--matter") { Description = "Only this matter (name or id); may be given several times. Default: all that you may read.", HelpName = "name" };
}
