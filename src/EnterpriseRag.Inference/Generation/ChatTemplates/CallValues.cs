namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>The evaluated arguments of a call.</summary>
internal sealed record CallValues(object?[] Positional, Dictionary<string, object?> Named)
{
    public object? Required(int index, string called) => index < Positional.Length
        ? Positional[index]
        : throw new ChatTemplateException($"Chat template: '{called}' needs {index + 1} arguments.");

    /// <summary>An argument by place or name; <see cref="Undefined"/> if it is not given.</summary>
    public object? Optional(int index, string name) =>
        index < Positional.Length ? Positional[index] : Named.GetValueOrDefault(name, Undefined.Value);

    /// <summary>A truth value by place or name; false if it is not given.</summary>
    public bool Flag(int index, string name) => TemplateValue.IsTrue(Optional(index, name));
}
