using System.Collections.Frozen;
using System.Reflection;

namespace EnterpriseRag.Inference.Tokenization.Components;

/// <summary>The readers of one kind of component by their <c>type</c> name, found once by <see cref="TokenizerComponentAttribute"/>.</summary>
/// <typeparam name="TContract">Interface of the kind, for example <c>INormalizer</c>.</typeparam>
/// <typeparam name="TReader">Delegate of the kind's static <c>Read</c>.</typeparam>
internal static class ComponentCatalog<TContract, TReader>
    where TContract : class
    where TReader : Delegate
{
    private static readonly FrozenDictionary<string, TReader> s_readers = Scan();

    /// <exception cref="TokenizerFormatException">The name is not known; the message holds it and the known ones.</exception>
    public static TReader Find(string type, string kind) => s_readers.TryGetValue(type, out var reader)
        ? reader
        : throw new TokenizerFormatException($"tokenizer.json: {kind} '{Shorten(type)}' is not supported (known: {string.Join(", ", s_readers.Keys.Order(StringComparer.Ordinal))}).");

    private static string Shorten(string type) => type.Length <= 60 ? type : type[..60] + "…";

    private static FrozenDictionary<string, TReader> Scan() =>
        (from component in typeof(TokenizerComponentAttribute).Assembly.GetCustomAttributes<TokenizerComponentAttribute>()
         where typeof(TContract).IsAssignableFrom(component.Component)
         let read = component.Component.GetMethod("Read", BindingFlags.Public | BindingFlags.Static) ?? throw new MissingMethodException(component.Component.Name, "Read")
         select KeyValuePair.Create(component.Type, read.CreateDelegate<TReader>())).ToFrozenDictionary(StringComparer.Ordinal);
}
