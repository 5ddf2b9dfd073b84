using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>rag models tokenize</c>: compares a tokenizer with golden ids. Exit code 0 when it ran, whatever the figure is.</summary>
internal static class ModelsTokenizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "A model folder or a tokenizer.json; it need not be approved." };
        var golden = new Option<string>("--golden") { Description = "JSON list of {\"text\", \"ids\"}, bare or under \"cases\"; ids without the template's special tokens.", HelpName = "file", Required = true };
        var command = new Command("tokenize", "Compares a tokenizer with golden ids.") { model, golden };
        command.SetAction((arguments, cancellationToken) =>
        {
            var result = TokenizerCheck.Run(arguments.GetRequiredValue(model), arguments.GetRequiredValue(golden), cancellationToken);
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{result.Strings} strings: {result.Different} differ"));
            terminal.Result(result);
            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }
}
