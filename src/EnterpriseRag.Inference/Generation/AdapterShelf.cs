using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Sessions;

namespace EnterpriseRag.Inference.Generation;

/// <summary>The imported adapters of one model: found by name, admitted like models, and only for the very bytes that they were imported for. Thread-safe.</summary>
internal sealed class AdapterShelf(ModelFolder model, ModelLocations locations, ModelGate gate)
{
    /// <param name="name">Name of the adapter's folder among the imported models.</param>
    /// <returns>The adapter, which is the caller's, and its folder's hash.</returns>
    /// <exception cref="ModelFolderException">None of this name, not approved, altered, or made for another model.</exception>
    public (LoadedAdapter Adapter, string Sha256) Open(string name)
    {
        string path = ModelRegistry.List(locations.Imported).FirstOrDefault(path => string.Equals(Path.GetFileName(path), name, StringComparison.Ordinal))
            ?? throw new ModelFolderException($"There is no adapter '{name}'. Import one with 'rag models import FOLDER --base {model.Name}'.");
        ModelFolder folder = gate.Admit(ModelFolder.Open(path));
        try
        {
            return (LoadedAdapter.Open(folder, model), folder.Sha256);
        }
        catch (OrtException e)
        {
            throw new ModelFolderException($"The adapter at {folder.Path} cannot be read: {e.Message}", e);
        }
    }
}
