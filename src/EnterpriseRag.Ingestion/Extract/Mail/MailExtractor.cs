using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseRag.Ingestion.Extract.Html;
using EnterpriseRag.Ingestion.Extract.Sandbox;
using EnterpriseRag.Ingestion.Extract.Text;
using EnterpriseRag.Storage.Documents;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Ingestion.Extract.Mail;

/// <summary>A mail's headers and body, parsed by Debian's python3 in the sandbox (ADR 0007). Attachments are counted, not read.</summary>
internal sealed class MailExtractor(ExtractorChild child, ExtractionDirectory directory, IOptions<ExtractionOptions> options)
{
    private const string ScriptResource = "EnterpriseRag.Ingestion.Extract.Mail.read_mail.py";

    public async Task<DocumentText> ExtractAsync(ReadOnlyMemory<byte> mail, CancellationToken cancellationToken)
    {
        using var workspace = ExtractorWorkspace.Create(directory.Path);
        var script = await workspace.WriteAsync("read_mail.py", Script(), cancellationToken);
        var path = await workspace.WriteAsync("in.eml", mail, cancellationToken);
        // -I -S -B: no user folders, no site packages, no bytecode files
        string[] arguments = ["-I", "-S", "-B", "-X", "utf8", script, path];
        var result = await child.RunAsync("python3", "python3", arguments, workspace.Directory, Parse, cancellationToken);
        if (result.ExitCode != 0 || result.Output is not { } parsed)
        {
            throw new ExtractionRefusedException(FailureCodes.Damaged, "The mail cannot be read: it is damaged or nested too deeply. Export it again from the mail program and upload the result.");
        }

        if (parsed.Encrypted)
        {
            throw new ExtractionRefusedException(FailureCodes.Encrypted, "The mail is encrypted. Export it decrypted from the mail program and upload that.");
        }

        return Assemble(parsed, options.Value);
    }

    private static DocumentText Assemble(ParsedMail mail, ExtractionOptions limits)
    {
        var builder = new DocumentTextBuilder(limits.MaxTextCharacters);
        builder.BeginPage(0, 0);
        builder.Add(BlockKind.Heading, mail.Subject, 1);
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("From", mail.From), ("To", mail.To), ("Cc", mail.Cc), ("Date", mail.Date)])
        {
            if (!string.IsNullOrWhiteSpace(value))
            {
                builder.Add(BlockKind.ListItem, $"{name}: {value}");
            }
        }

        if (mail.Html)
        {
            HtmlExtractor.Write(mail.Body, builder, limits);
        }
        else
        {
            PlainTextExtractor.Write(mail.Body, builder);
        }

        return builder.Build();
    }

    private static ParsedMail? Parse(Stream stream)
    {
        try
        {
            return JsonSerializer.Deserialize(stream, MailJson.Default.ParsedMail);
        }
        catch (JsonException)
        {
            return null; // the script died before its line was complete; its exit code tells the rest
        }
    }

    private static byte[] Script()
    {
        using var resource = typeof(MailExtractor).Assembly.GetManifestResourceStream(ScriptResource)
            ?? throw new InvalidOperationException("The mail script is not embedded.");
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }
}

internal sealed record ParsedMail(
    string From, string To, string Cc, string Date, string Subject, bool Html, string Body, int Attachments, bool Encrypted);

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(ParsedMail))]
internal sealed partial class MailJson : JsonSerializerContext
{
}
