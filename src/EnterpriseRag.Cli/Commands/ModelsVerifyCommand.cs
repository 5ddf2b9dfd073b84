using System.CommandLine;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>rag models verify</c>: compares every byte of model folders with their checksums.</summary>
internal static class ModelsVerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var folders = new Argument<string[]>("folders") { Description = "Model folders. Default: all of this installation.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("verify", "Compares model folders with their checksums.") { folders };
        command.SetAction((arguments, cancellationToken) =>
        {
            var settings = InstallationSettings.Read();
            IReadOnlyList<string> paths = arguments.GetValue(folders) is { Length: > 0 } named ? named : InspectedModel.FoldersOf(settings);
            var models = paths.Select(path => InspectedModel.Of(path, settings.Approvals, cancellationToken)).ToList();
            foreach (var model in models)
            {
                if (model.Problem is { } problem)
                {
                    terminal.Problem($"{model.Name}: {problem}");
                }
                else
                {
                    terminal.Good($"{model.Name}: verified, folder hash {model.Sha256}");
                }
            }

            terminal.Result(models);
            return Task.FromResult((int)(models.TrueForAll(model => model.Problem is null) ? ExitCode.Success : ExitCode.Incomplete));
        });
        return command;
    }
}
