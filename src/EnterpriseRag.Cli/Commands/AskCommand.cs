using System.CommandLine;
using System.Globalization;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Server;
using EnterpriseRag.Cli.Settings;

namespace EnterpriseRag.Cli.Commands;

/// <summary>The answer as JSON. <c>Outcome</c>: quotes, generated, withheld or declined.</summary>
internal sealed record AskResult(
    Guid? Request, string? Language, string? Heading, IReadOnlyList<QuotationItem> Quotations, string? Wording, IReadOnlyList<QuotationItem>? Nearest,
    IReadOnlyList<SentenceEvent> Sentences, string Outcome, ReceiptItem Receipt, string Generated, int OutputTokens, double TokensPerSecond);

/// <summary><c>rag ask</c>: shows an answer as it arrives; quotations first.</summary>
internal static class AskCommand
{
    public static Command Create(Terminal terminal)
    {
        var text = new Argument<string>("question") { Description = "The question, in quotes." };
        var mode = new Option<string>("--mode") { Description = "auto: quotations, then checked sentences where the model may write; quotes; generate.", DefaultValueFactory = _ => "auto" };
        mode.AcceptOnlyFromAmong("auto", "quotes", "generate");
        var command = new Command("ask", "Asks a question; the answer is recorded.") { text, mode, CommonOptions.Matters, CommonOptions.Server, CommonOptions.TokenFile };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var client = RagClient.From(arguments, InstallationSettings.Read());
            var matters = await client.FindMattersAsync(arguments.GetValue(CommonOptions.Matters) ?? [], cancellationToken);
            var question = arguments.GetRequiredValue(text);
            terminal.Heading(question);
            var shown = new ShownAnswer(terminal);
            await foreach (var item in client.AskAsync(question, arguments.GetRequiredValue(mode), matters, cancellationToken))
            {
                shown.Take(item);
            }

            terminal.Result(shown.Complete());
            return (int)ExitCode.Success;
        });
        return command;
    }

    /// <summary>Prints events in their order and keeps them for the result.</summary>
    private sealed class ShownAnswer(Terminal terminal)
    {
        private readonly List<SentenceEvent> _sentences = [];
        private StartedEvent? _started;
        private QuotationsEvent? _quotations;
        private DeclinedEvent? _declined;
        private FinalEvent? _final;

        public void Take(object item)
        {
            switch (item)
            {
                case StartedEvent started:
                    _started = started;
                    break;
                case QuotationsEvent quotations:
                    _quotations = quotations;
                    terminal.Say(quotations.Heading);
                    Show(quotations.Quotations);
                    break;
                case DeclinedEvent declined:
                    _declined = declined;
                    terminal.Warning(declined.Wording);
                    Show(declined.Nearest);
                    break;
                case SentenceEvent sentence:
                    _sentences.Add(sentence);
                    terminal.Say($"{sentence.Text} {string.Concat(sentence.Citations.Select(number => $"[{number}]"))} ({sentence.State})");
                    break;
                case FinalEvent final:
                    _final = final;
                    terminal.Faint(string.Create(CultureInfo.InvariantCulture, $"generated: {final.Generated}{(final.OutputTokens > 0 ? $", {final.TokensPerSecond:F0} tokens/s" : "")}"));
                    terminal.Faint(string.Create(CultureInfo.InvariantCulture, $"record {final.Receipt.Seq}, leaf {final.Receipt.LeafHash}"));
                    break;
                case AuditAbortEvent abort:
                    throw new CommandFailedException(ExitCode.AnswerVoid, abort.Message);
                case ErrorEvent error:
                    throw new CommandFailedException(ExitCode.Unavailable, $"The answer broke off ({error.Code}, trace {error.Trace}). It is not complete; ask again.");
                default:
                    throw new InvalidOperationException($"{item.GetType().Name} is no event of an answer.");
            }
        }

        /// <exception cref="CommandFailedException">The stream ended before its last event.</exception>
        public AskResult Complete() => _final is { } final
            ? new AskResult(
                _started?.Request, _started?.Language, _quotations?.Heading, _quotations?.Quotations ?? [], _declined?.Wording, _declined?.Nearest,
                _sentences, final.Outcome, final.Receipt, final.Generated, final.OutputTokens, final.TokensPerSecond)
            : throw new CommandFailedException(ExitCode.Unavailable, "The connection ended before the answer did. What was shown is not complete; ask again.");

        private void Show(IReadOnlyList<QuotationItem> quotations)
        {
            foreach (var quotation in quotations)
            {
                terminal.Say(string.Create(CultureInfo.InvariantCulture, $"[{quotation.Number}] {Quoted(quotation.Quote)}"));
                terminal.Faint(string.Create(CultureInfo.InvariantCulture, $"    {quotation.DocumentName}, page {quotation.Page}{(quotation.HeadingPath.Count > 0 ? $", {string.Join(" › ", quotation.HeadingPath)}" : "")}"));
                if (quotation.LooksLikeInstruction)
                {
                    terminal.Warning("    The passage around it reads like an instruction to a machine.");
                }
            }
        }
    }

    // A quotation that brings its own marks gets no second pair.
    private static string Quoted(string words) => words.Length > 0 && "“„«\"".Contains(words[0], StringComparison.Ordinal) ? words : $"“{words}”";
}
