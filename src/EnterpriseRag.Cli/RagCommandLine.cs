using System.CommandLine;
using EnterpriseRag.Audit;
using EnterpriseRag.Cli.Commands;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Check;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Cli;

/// <summary>The command tree, and the one place where failures become exit codes.</summary>
internal static class RagCommandLine
{
    /// <summary>Parses and runs. Never throws: every failure is a message on the error stream and an exit code.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var root = new RootCommand("EnterpriseRag: answers from your documents, with a record of every answer.")
        {
            DoctorCommand.Create(terminal),
            IngestCommand.Create(terminal),
            AskCommand.Create(terminal),
            SearchCommand.Create(terminal),
            new Command("audit", "The audit ledger.") { AuditVerifyCommand.Create(terminal) },
            new Command("models", "Language models.")
            {
                ModelsImportCommand.Create(terminal),
                ModelsCheckCommand.Create(terminal),
                ModelsTokenizeCommand.Create(terminal),
                ModelsListCommand.Create(terminal),
                ModelsVerifyCommand.Create(terminal),
                ModelsCardCommand.Create(terminal),
                ModelsApproveCommand.Create(terminal),
                ModelsEvaluateCommand.Create(terminal),
            },
            new Command("token", "Personal access tokens.") { TokenCreateCommand.Create(terminal) },
        };
        root.Options.Add(CommonOptions.Json);

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                terminal.Problem(error.Message);
            }

            terminal.Say("See: rag --help");
            return (int)ExitCode.Usage;
        }

        terminal.WritesJson = parsed.GetValue(CommonOptions.Json);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = terminal.Standard, Error = terminal.Errors }, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The outermost door of the program: whatever it was, a person has to be told and a script has to see a code.
            var (code, message) = Explain(e);
            terminal.Problem(message);
            return (int)code;
        }
    }

    private static (ExitCode Code, string Message) Explain(Exception e) => e switch
    {
        CommandFailedException failed => (failed.Code, failed.Message),
        ModelImportException or ModelFolderException or GoldenFileException or TokenizerFormatException => (ExitCode.Refused, e.Message),
        OperationCanceledException => (ExitCode.Cancelled, "Cancelled."),
        HttpRequestException => (ExitCode.Unavailable, $"The server does not answer: {e.Message} Is the host running?"),
        AuditUnavailableException => (ExitCode.Unavailable, $"The audit ledger cannot write: {e.Message}"),
        DatabaseSetupException or SecretFileException => (ExitCode.Unavailable, e.Message),
        NpgsqlException or TimeoutException => (ExitCode.Unavailable, $"The database does not answer: {e.Message} Is Postgres running? Settings: Database__Host, Database__Port, Data__Directory."),
        OptionsValidationException invalid => (ExitCode.Usage, string.Join(' ', invalid.Failures)),
        IOException or UnauthorizedAccessException => (ExitCode.Refused, e.Message),
        _ => (ExitCode.Unexpected, $"{e.GetType().Name}: {e.Message}"),
    };
}
