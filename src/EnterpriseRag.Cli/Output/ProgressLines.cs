using System.Diagnostics;
using System.Globalization;

namespace EnterpriseRag.Cli.Output;

/// <summary>Progress for a log: a line when a stage begins, and one every ten seconds while it lasts. Thread-safe.</summary>
internal sealed class ProgressLines(Action<string> say, Func<double, double, string>? amount)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private string _stage = ""; // under _gate
    private long _said; // under _gate: timestamp of the last line

    public void Report(string stage, double done, double total)
    {
        lock (_gate)
        {
            if (!string.Equals(stage, _stage, StringComparison.Ordinal))
            {
                (_stage, _said) = (stage, Stopwatch.GetTimestamp());
                say($"  {stage}");
            }
            else if (total > 0 && Stopwatch.GetElapsedTime(_said) >= s_interval)
            {
                _said = Stopwatch.GetTimestamp();
                say(string.Create(CultureInfo.InvariantCulture, $"  {stage}: {amount?.Invoke(done, total) ?? (done / total).ToString("P0", CultureInfo.InvariantCulture)}"));
            }
        }
    }
}
