using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Registry;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Cli.Commands;

/// <summary><c>Reused</c>: the folder was there already, made from the same file by the same importer with the same options.</summary>
internal sealed record ImportedModel(string Folder, string Sha256, long Bytes, bool Reused, double Seconds, ModelCard Card);

/// <summary><c>rag models import</c>: makes a model folder from a published GGUF file or Hugging Face folder.</summary>
internal static partial class ModelsImportCommand
{
    public static Command Create(Terminal terminal)
    {
        var source = new Argument<string>("source") { Description = "A .gguf file (of a split one any part), a folder as published on Hugging Face, or a LoRA adapter. It stays as it is." };
        var target = new Option<string?>("--out") { Description = "Folder to make. Default: models/<name of the file> in the data folder.", HelpName = "folder" };
        var bits = new Option<string>("--bits") { Description = "Width of the weights: auto (Q4_0 stays at 4 bits, else 8), 4, 8 or 32.", DefaultValueFactory = _ => "auto" };
        bits.AcceptOnlyFromAmong("auto", "4", "8", "32");
        var accuracy = new Option<int>("--accuracy-level") { Description = "Of quantised products: 4 (activations rounded to 8 bits, fast) or 0 (exact, slow).", DefaultValueFactory = _ => 4 };
        accuracy.AcceptOnlyFromAmong("0", "4");
        var context = new Option<int?>("--context") { Description = "Longest prompt and answer together, in tokens. Default: the model's own.", HelpName = "tokens" };
        var languages = new Option<string?>("--languages") { Description = "Languages in which the model may write, such as en,de. Default: those that the file names.", HelpName = "codes" };
        var model = new Option<string?>("--base") { Description = "For a LoRA adapter (a PEFT folder or an .onnx_adapter file): name or folder of the imported model that it is for.", HelpName = "model" };
        var force = new Option<bool>("--force") { Description = "Replace another folder at the target." };
        var command = new Command("import", "Makes a model folder from a GGUF file or a Hugging Face folder.") { source, target, bits, accuracy, context, languages, model, force };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var file = arguments.GetRequiredValue(source);
            var folder = Path.GetFullPath(arguments.GetValue(target) ?? Path.Combine(InstallationSettings.Read().Data.Sub("models"), FolderName(file)));
            var options = new ModelImportOptions
            {
                Bits = arguments.GetRequiredValue(bits) is "auto" ? WeightBits.Auto : (WeightBits)int.Parse(arguments.GetRequiredValue(bits), CultureInfo.InvariantCulture),
                AccuracyLevel = arguments.GetValue(accuracy),
                ContextTokens = arguments.GetValue(context),
                Languages = ParseLanguages(arguments.GetValue(languages)),
                Replace = arguments.GetValue(force),
            };
            var started = Stopwatch.GetTimestamp();
            if (AdapterImporter.IsAdapter(file))
            {
                var adapter = AdapterImporter.Import(file, BaseOf(arguments.GetValue(model)), folder, options.Replace, cancellationToken);
                ShowImported(terminal, adapter, reused: false, started, InstallationSettings.Read());
                return (int)ExitCode.Success;
            }

            if (arguments.GetValue(model) is not null)
            {
                throw new CommandFailedException(ExitCode.Usage, $"--base is for adapters; {file} is none (a PEFT folder has an adapter_config.json).");
            }

            var existing = ModelImporter.FindExisting(file, folder, options, cancellationToken);
            var imported = existing ?? await terminal.WithProgressAsync(show => ModelImporter.ImportAsync(
                file, folder, options, new ImportProgress(step => show(step.Stage, step.Done, step.Total)), cancellationToken), Amount);
            var settings = InstallationSettings.Read();
            await using var services = LocalServices.CreateInference(settings);
            services.GetRequiredService<ModelReview>().AdmitImport(imported, isNew: existing is null);
            ShowImported(terminal, imported, existing is not null, started, settings);
            return (int)ExitCode.Success;
        });
        return command;
    }

    /// <summary>A name that is the same on every machine and needs no quoting; of a split file without the number of its part.</summary>
    internal static string FolderName(string source)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)));
        name = name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? SplitSuffix().Replace(name[..^5], "") : name;
        return new([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')]);
    }

    private static string BaseOf(string? model) => model is null
        ? throw new CommandFailedException(ExitCode.Usage, "This is an adapter: name the imported model that it is for with --base.")
        : InspectedModel.Find(model, InstallationSettings.Read());

    private static void ShowImported(Terminal terminal, ModelFolder folder, bool reused, long started, InstallationSettings settings) => Show(terminal, new ImportedModel(
        folder.Path, folder.Sha256, folder.Files.Sum(name => new FileInfo(folder.File(name)).Length), reused, Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1), settings.Approvals.CardOf(folder)));

    private static string[]? ParseLanguages(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var codes = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return codes.All(code => code.Length == 2 && code.All(char.IsAsciiLetterLower))
            ? codes
            : throw new CommandFailedException(ExitCode.Usage, $"'{text}' is not a list of language codes such as en,de.");
    }

    private static void Show(Terminal terminal, ImportedModel model)
    {
        if (model.Card.Base is { } owner)
        {
            terminal.Say($"  adapter for {owner.Name} ({owner.Sha256[..12]}…)");
        }
        else
        {
            ShowModel(terminal, model);
        }

        if (model.Card.Approval == ModelApproval.Unreviewed)
        {
            terminal.Warning($"  not approved: it does not load before 'rag models approve {model.Card.Name} --reason …'");
        }

        foreach (var note in model.Card.Notes ?? [])
        {
            terminal.Warning($"  {note}");
        }

        terminal.Faint($"  folder hash {model.Sha256}");
        terminal.Good(string.Create(
            CultureInfo.InvariantCulture,
            $"{(model.Reused ? "already imported" : "imported")}: {model.Folder} ({Megabytes(model.Card.Source?.Bytes ?? 0)} to {Megabytes(model.Bytes)}, {model.Seconds:F1} s)"));
        terminal.Result(model);
    }

    private static void ShowModel(Terminal terminal, ImportedModel model)
    {
        terminal.Say($"  licence {model.Card.Licence ?? "not stated: ask the publisher"}; may write in: {(model.Card.Languages.Count > 0 ? string.Join(", ", model.Card.Languages) : "no language (set --languages)")}");
        if (model.Card.Quantisation is { } q)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"  weights {q.Projections}; embedding and head {q.Embedding}; changed by rounding {q.RelativeError:P2} (relative root mean square)"));
        }
    }

    private static string Amount(double done, double total) => string.Create(CultureInfo.InvariantCulture, $"{done / 1e6:N0} of {total / 1e6:N0} MB");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N1} MB");

    [GeneratedRegex(@"-\d{5}-of-\d{5}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SplitSuffix();

    /// <summary>Reports on the importer's threads, without a queue between.</summary>
    private sealed class ImportProgress(Action<ModelImportProgress> show) : IProgress<ModelImportProgress>
    {
        public void Report(ModelImportProgress value) => show(value);
    }
}
