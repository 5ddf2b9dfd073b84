using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Generation;

/// <summary>
/// The language model of this installation: loaded at the first question for it, looked for again while there is none (an import may finish while the host
/// runs), never replaced once loaded. Thread-safe.
/// </summary>
internal sealed class InstalledModel(
    ModelLocations locations, Func<InferenceRuntime> runtime, IOptions<GenerationOptions> options, TimeProvider time, ILogger<InstalledModel> logger) : IDisposable
{
    private readonly Lock _gate = new();
    private GenerationModel? _model; // written once, under _gate
    private string? _refused; // under _gate: checksum list of a folder that did not load, so that it is tried and logged once
    private bool _disposed; // under _gate

    /// <summary>Null when none is installed, or the installed one does not load (logged once: answers are quotations then).</summary>
    public GenerationModel? Find()
    {
        if (Volatile.Read(ref _model) is { } loaded)
        {
            return loaded;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_model is not null || locations.Generation is not { } path || string.Equals(Stamp(path), _refused, StringComparison.Ordinal))
            {
                return _model;
            }

            try
            {
                Volatile.Write(ref _model, GenerationModel.Load(path, runtime(), options.Value, time, logger));
            }
            catch (Exception e) when (e is ModelFolderException or TokenizerFormatException or OrtException or IOException or FormatException)
            {
                _refused = Stamp(path);
                Log.ModelRefused(logger, path, e);
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

    private static string Stamp(string path) =>
        FormattableString.Invariant($"{path} {File.GetLastWriteTimeUtc(Path.Combine(path, "SHA256SUMS")).Ticks}");
}
