using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>rag audit verify</c>: recomputes the ledger from its records, beside a running host. The exit code is that of the first fault.</summary>
internal static class AuditVerifyCommand
{
    private const int ShownFaults = 20;

    public static Command Create(Terminal terminal)
    {
        var deep = new Option<bool>("--deep") { Description = "Also hash every sealed segment." };
        var command = new Command("verify", "Recomputes the ledger from its records.") { deep };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var services = LocalServices.Create(InstallationSettings.Read());
            var verifier = services.GetRequiredService<LedgerVerifier>();
            var report = await terminal.WithProgressAsync(show => verifier.VerifyAsync(
                arguments.GetValue(deep), new Count(read => show(string.Create(CultureInfo.InvariantCulture, $"{read:N0} records"), 0, 0)), cancellationToken));
            Show(terminal, report);
            terminal.Result(report);
            return (int)report.Code;
        });
        return command;
    }

    private static void Show(Terminal terminal, VerificationReport report)
    {
        foreach (var log in report.Logs)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{log.Log}: {log.Leaves:N0} records, {log.Segments:N0} sealed segments, root {log.Root}"));
        }

        foreach (var fault in report.Faults.Take(ShownFaults))
        {
            terminal.Problem(string.Create(CultureInfo.InvariantCulture, $"{fault.Log}{(fault.Seq is { } seq ? $", record {seq}" : "")}: {fault.What} ({fault.Code})"));
        }

        if (report.Faults.Count > ShownFaults)
        {
            terminal.Problem(string.Create(CultureInfo.InvariantCulture, $"and {report.Faults.Count - ShownFaults} more; --json lists them"));
        }

        var summary = string.Create(CultureInfo.InvariantCulture, $"{report.Leaves:N0} records in {report.Seconds:F1} s ({report.Independence})");
        if (report.Code == VerificationCode.Ok)
        {
            terminal.Good($"verified: {summary}");
        }
        else
        {
            terminal.Problem($"NOT verified ({report.Code}): {summary}. Keep the database as it is and tell the compliance officer.");
        }
    }

    /// <summary>Reports on the verifier's own thread: order matters, and there is no thread to change to.</summary>
    private sealed class Count(Action<long> show) : IProgress<long>
    {
        public void Report(long value) => show(value);
    }
}
