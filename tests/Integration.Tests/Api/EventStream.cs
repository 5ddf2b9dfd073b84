using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace EnterpriseRag.Integration.Tests.Api;

/// <summary>Reads an answer as a client does.</summary>
internal static class EventStream
{
    public static async Task<List<(string Name, JsonElement Data)>> AskAsync(HttpClient client, string text, string mode = "auto")
    {
        using var response = await StartAsync(client, text, mode);
        response.EnsureSuccessStatusCode();
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        var events = new List<(string, JsonElement)>();
        await foreach (var item in ReadAsync(response))
        {
            events.Add(item);
        }

        return events;
    }

    public static async Task<HttpResponseMessage> StartAsync(HttpClient client, string text, string mode = "auto")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("api/answers", UriKind.Relative)) { Content = JsonContent.Create(new { text, mode }) };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public static async IAsyncEnumerable<(string Name, JsonElement Data)> ReadAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var name = "";
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return (name, JsonDocument.Parse(line[6..]).RootElement);
            }
        }
    }
}
