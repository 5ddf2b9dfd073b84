using System.Text.Json;
using EnterpriseRag.Audit.Reading;

namespace EnterpriseRag.Portal.Review;

/// <summary>One line that says what a record is about: the action or subject where the type has one, then the outcome.</summary>
internal static class RecordText
{
    private static readonly string[] s_subjects = ["action", "what", "doc"];

    public static string What(LedgerRecord record)
    {
        try
        {
            using var core = JsonDocument.Parse(record.CoreJson);
            var subject = s_subjects.Select(name => core.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null).FirstOrDefault(static v => v is not null);
            return string.Join(" · ", new[] { subject, record.Outcome }.Where(static p => !string.IsNullOrEmpty(p)).Distinct(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return record.Outcome ?? ""; // a damaged core is listed like any other; its proof says that it is damaged
        }
    }
}
