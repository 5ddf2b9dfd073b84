using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Server;
using EnterpriseRag.Cli.Settings;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>rag search</c>: ranked passages without an answer.</summary>
internal static class SearchCommand
{
    private const int ShownCharacters = 300;

    public static Command Create(Terminal terminal)
    {
        var text = new Argument<string>("text") { Description = "What to look for." };
        var top = new Option<int>("--top") { Description = "Passages wanted (1 to 100).", DefaultValueFactory = _ => 10 };
        var command = new Command("search", "Finds passages; the search is recorded.") { text, top, CommonOptions.Matters, CommonOptions.Server, CommonOptions.TokenFile };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var client = RagClient.From(arguments, InstallationSettings.Read());
            var matters = await client.FindMattersAsync(arguments.GetValue(CommonOptions.Matters) ?? [], cancellationToken);
            var found = await client.SearchAsync(arguments.GetRequiredValue(text), arguments.GetValue(top), matters, cancellationToken);
            foreach (var passage in found.Passages)
            {
                terminal.Heading(string.Create(CultureInfo.InvariantCulture, $"{passage.Rank}. {passage.DocumentName}, page {passage.Page} ({passage.Score:F3})"));
                terminal.Say(passage.Text.Length <= ShownCharacters ? passage.Text : $"{passage.Text.AsSpan(0, ShownCharacters)} …");
            }

            terminal.Faint(string.Create(CultureInfo.InvariantCulture, $"{found.Passages.Count} passages; record {found.Receipt.Seq}, leaf {found.Receipt.LeafHash}"));
            terminal.Result(found);
            return (int)ExitCode.Success;
        });
        return command;
    }
}
