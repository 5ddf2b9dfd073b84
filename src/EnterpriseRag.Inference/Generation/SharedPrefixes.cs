namespace EnterpriseRag.Inference.Generation;

/// <summary>
/// The door to what the language model remembers of prompts (keys and values of shared beginnings, which hold document text). Whoever deletes documents or changes
/// who may read what calls <see cref="Forget"/> right after it has become true. Thread-safe.
/// </summary>
public sealed class SharedPrefixes
{
    private readonly Func<GenerationModel?> _loaded;

    /// <param name="loaded">The model if it is loaded; must not load it.</param>
    internal SharedPrefixes(Func<GenerationModel?> loaded) => _loaded = loaded;

    /// <summary>
    /// When this returns, no answer begins with anything that was computed before; the memory follows within one step of the engine. Everything goes, not only the
    /// one document's: it is rare, costs one prefill a user, and nothing can be missed.
    /// </summary>
    public void Forget() => _loaded()?.Engine.InvalidatePrefixes();
}
