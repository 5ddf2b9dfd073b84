using System.CommandLine;
using EnterpriseRag.Cli.Doctor;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>rag doctor</c>: whether this machine can run the installation. Errors give an exit code, warnings do not.</summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("doctor", "Checks this machine.");
        command.SetAction(async (_, cancellationToken) =>
        {
            var settings = InstallationSettings.Read();
            List<Check> checks =
            [
                .. MachineChecks.Run(settings),
                .. await ProgramChecks.RunAsync(cancellationToken),
                .. await InstallationChecks.RunAsync(settings, cancellationToken),
            ];
            foreach (var check in checks)
            {
                Show(terminal, check);
            }

            terminal.Result(checks);
            return (int)(checks.Exists(check => check.State == CheckState.Error) ? ExitCode.Incomplete : ExitCode.Success);
        });
        return command;
    }

    private static void Show(Terminal terminal, Check check)
    {
        var line = $"{check.State.ToString().ToLowerInvariant(),-8}{check.Name,-18}{check.Detail}";
        Action<string> say = check.State switch
        {
            CheckState.Ok => terminal.Say,
            CheckState.Warning => terminal.Warning,
            CheckState.Error => terminal.Problem,
            _ => throw new InvalidOperationException($"{check.State} is no state of a check."),
        };
        say(line);
        if (check.Remedy is { } remedy)
        {
            terminal.Say($"{"",-26}{remedy}");
        }
    }
}
