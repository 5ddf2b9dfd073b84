using System.Text.Json;
using Spectre.Console;

namespace EnterpriseRag.Cli.Output;

/// <summary>
/// Where a command speaks: text for people on the error stream, one JSON value on the standard output when asked. Text of documents and of the
/// server passes <see cref="PlainText"/>, so that it can neither style nor steer the terminal.
/// </summary>
internal sealed class Terminal
{
    private readonly IAnsiConsole _console;

    /// <param name="standard">Takes JSON.</param>
    /// <param name="errors">Takes text for people.</param>
    /// <param name="isInteractive">The error stream is a terminal: colours and progress bars.</param>
    public Terminal(TextWriter standard, TextWriter errors, bool isInteractive)
    {
        Standard = standard;
        Errors = errors;
        IsInteractive = isInteractive;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(errors),
            Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isInteractive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isInteractive)
        {
            _console.Profile.Width = 100_000; // a log line is one line
        }
    }

    public TextWriter Standard { get; }

    public TextWriter Errors { get; }

    public bool IsInteractive { get; }

    public bool WritesJson { get; set; }

    public static Terminal OfThisProcess() => new(Console.Out, Console.Error, !Console.IsErrorRedirected);

    public void Say(string text = "") => Line(text, Style.Plain);

    public void Faint(string text) => Line(text, new Style(decoration: Decoration.Dim));

    public void Heading(string text) => Line(text, new Style(decoration: Decoration.Bold));

    public void Good(string text) => Line(text, new Style(Color.Green));

    public void Warning(string text) => Line(text, new Style(Color.Yellow));

    public void Problem(string text) => Line(text, new Style(Color.Red));

    /// <summary>Text in the middle of a line, at once: for streamed answers.</summary>
    public void Part(string text) => _console.Write(new Text(PlainText.Of(text)));

    /// <summary>The command's result; ignored unless JSON was asked for.</summary>
    public void Result<T>(T result)
    {
        if (WritesJson)
        {
            Standard.WriteLine(JsonSerializer.Serialize(result, CliJson.Options));
        }
    }

    /// <summary>Runs work with a progress bar on a terminal; elsewhere with a line per stage, and another every ten seconds while it lasts.</summary>
    /// <param name="work">Reports the stage, how much of it is done and how much there is.</param>
    /// <param name="amount">Says how much is done in words; null = as a share only.</param>
    public async Task<T> WithProgressAsync<T>(Func<Action<string, double, double>, Task<T>> work, Func<double, double, string>? amount = null)
    {
        if (!IsInteractive)
        {
            var lines = new ProgressLines(Say, amount);
            return await work(lines.Report);
        }

        return await _console.Progress().HideCompleted(true).StartAsync(async context =>
        {
            var task = context.AddTask("starting", maxValue: 1);
            return await work((stage, done, total) =>
            {
                task.Description = Markup.Escape(PlainText.Of(amount is null ? stage : $"{stage}: {amount(done, total)}"));
                task.IsIndeterminate = total <= 0;
                task.MaxValue = Math.Max(total, 1);
                task.Value = done;
            });
        });
    }

    private void Line(string text, Style style)
    {
        _console.Write(new Text(PlainText.Of(text), style));
        _console.WriteLine();
    }
}
