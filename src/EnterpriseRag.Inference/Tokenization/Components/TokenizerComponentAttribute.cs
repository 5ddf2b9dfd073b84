namespace EnterpriseRag.Inference.Tokenization.Components;

/// <summary>
/// Registers a class under the <c>type</c> name that tokenizer.json uses for it. The class carries
/// <c>public static TContract Read(ComponentSettings settings)</c> (models: <c>Read(ref Utf8JsonReader reader)</c>);
/// a new component is therefore a new file and no edit.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TokenizerComponentAttribute(string type) : Attribute
{
    public string Type => type;
}
