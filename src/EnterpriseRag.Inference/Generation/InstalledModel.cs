using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Generation;

/// <summary>
/// The language model of this installation, the newest approved one: loaded at the first question for it, looked for again while there is none (an import or
/// an approval may come while the host runs), never replaced once loaded. Thread-safe.
/// </summary>
internal sealed class InstalledModel(
    ModelLocations locations, ModelApprovals approvals, ModelGate gate, Func<InferenceRuntime> runtime, IOptions<GenerationOptions> options, TimeProvider time, ILogger<InstalledModel> logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal); // under _gate: folder and its state when it did not load, so that it is tried and logged once
    private GenerationModel? _model; // written once, under _gate
    private bool _disposed; // under _gate

    /// <summary>The model if it is loaded by now.</summary>
    public GenerationModel? Loaded => Volatile.Read(ref _model);

    /// <summary>Null when none is installed and approved, or none of them loads (logged once each: answers are quotations then).</summary>
    public GenerationModel? Find()
    {
        if (Volatile.Read(ref _model) is { } loaded)
        {
            return loaded;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_model is not null)
            {
                return _model;
            }

            var candidates = locations.GenerationCandidates;
            foreach (ModelSummary candidate in candidates)
            {
                // With one candidate the log says what is missing; among several, those that nobody approved are passed over.
                if ((candidates.Count > 1 && !gate.MightAdmit(candidate)) || !IsNew(candidate))
                {
                    continue;
                }

                if (TryLoad(candidate.Path) is { } model)
                {
                    Volatile.Write(ref _model, model);
                    break;
                }
            }

            return _model;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _model?.Dispose();
        }
    }

    private GenerationModel? TryLoad(string path)
    {
        try
        {
            ModelFolder folder = gate.Admit(ModelFolder.Open(path));
            return GenerationModel.Load(folder, approvals.CardOf(folder), new GenerationCheck(approvals, folder).Run, runtime(), options.Value, time, logger, new AdapterShelf(folder, locations, gate));
        }
        catch (Exception e) when (e is ModelFolderException or TokenizerFormatException or OrtException or IOException or FormatException)
        {
            Log.ModelRefused(logger, path, e);
            return null;
        }
    }

    private bool IsNew(ModelSummary candidate)
    {
        string state = FormattableString.Invariant($"{File.GetLastWriteTimeUtc(Path.Combine(candidate.Path, "SHA256SUMS")).Ticks} {approvals.Stamp(candidate.Sha256)}");
        if (_refused.TryGetValue(candidate.Path, out string? known) && string.Equals(known, state, StringComparison.Ordinal))
        {
            return false;
        }

        _refused[candidate.Path] = state; // until it loads; then nobody asks any more
        return true;
    }
}
