using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Models.Check;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>rag models check</c>: compares a model folder with golden outputs. Exit code 0 when it ran, whatever the figures are.</summary>
internal static class ModelsCheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "Name or folder of the model; it need not be approved." };
        var golden = new Option<string>("--golden") { Description = "File of golden outputs: input ids, logits, greedy tokens.", HelpName = "file", Required = true };
        var adapter = new Option<string?>("--adapter") { Description = "An adapter for the model: name or folder of an imported one, or a PEFT folder.", HelpName = "adapter" };
        var command = new Command("check", "Compares a model with golden outputs.") { model, golden, adapter };
        command.SetAction((arguments, cancellationToken) =>
        {
            var settings = InstallationSettings.Read();
            var path = InspectedModel.Find(arguments.GetRequiredValue(model), settings);
            if (ModelCheck.IsUnlisted(path))
            {
                terminal.Warning($"{path} has no SHA256SUMS: its files are not verified.");
            }

            var result = ModelCheck.Run(path, arguments.GetRequiredValue(golden), arguments.GetValue(adapter) is { } name ? InspectedModel.Find(name, settings) : null, cancellationToken);
            terminal.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Cases} cases: largest difference {result.MaxLogitDifference:G3}; {result.EqualTokens} of {result.Tokens} greedy tokens equal"));
            terminal.Result(result);
            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }
}
