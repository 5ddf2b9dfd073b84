namespace EnterpriseRag.Inference.Tokenization.Components;

/// <summary>
/// Registers a class under the <c>type</c> name that tokenizer.json uses for it. The class carries
/// <c>public static TContract Read(ComponentSettings settings)</c> (models: <c>Read(ref Utf8JsonReader reader)</c>);
/// a new component is therefore a new file and no edit. On the assembly, not on the class: finding the classes by a scan of all
/// types would load every assembly that this one refers to.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class TokenizerComponentAttribute(string type, Type component) : Attribute
{
    public string Type => type;

    public Type Component => component;
}
