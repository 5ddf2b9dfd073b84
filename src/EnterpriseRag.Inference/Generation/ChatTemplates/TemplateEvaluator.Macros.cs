using System.Collections.Immutable;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Macros and blocks that are called.</summary>
internal sealed partial class TemplateEvaluator
{
    private const int MaxCallDepth = 64;

    private int _callDepth;

    /// <param name="name">For messages.</param>
    /// <param name="parameters">What it takes.</param>
    /// <param name="body">What it writes.</param>
    /// <param name="lexicalScope">Where a caller's block stands; null for a macro, which sees the scope of its call.</param>
    private TemplateFunction Macro(string name, Parameters parameters, ImmutableArray<Statement> body, TemplateScope? lexicalScope) => new((arguments, scope) =>
    {
        if (++_callDepth > MaxCallDepth)
        {
            throw new ChatTemplateException("Chat template: macros call each other too deeply.");
        }

        var outer = _scope;
        _scope = new TemplateScope(lexicalScope ?? scope);
        try
        {
            BindArguments(name, parameters, arguments);
            Capture(body, out var text);
            return text;
        }
        finally
        {
            _scope = outer;
            _callDepth--;
        }
    });

    /// <summary>All parameters are bound before a default is evaluated, so that none is found in an outer scope.</summary>
    private void BindArguments(string name, Parameters parameters, CallValues arguments)
    {
        var named = new Dictionary<string, object?>(arguments.Named, StringComparer.Ordinal);
        List<(string, Expression)> missing = [];
        for (var i = 0; i < parameters.Items.Length; i++)
        {
            var (parameter, otherwise) = parameters.Items[i];
            object? value = Undefined.Value;
            if (i < arguments.Positional.Length)
            {
                value = arguments.Positional[i];
            }
            else if (!named.Remove(parameter, out value))
            {
                value = Undefined.Value;
                if (otherwise is not null)
                {
                    missing.Add((parameter, otherwise));
                }
            }

            _scope[parameter] = value;
        }

        BindFurther(name, parameters, arguments.Positional, named);
        foreach (var (parameter, otherwise) in missing)
        {
            _scope[parameter] = Evaluate(otherwise);
        }
    }

    private void BindFurther(string name, Parameters parameters, object?[] positional, Dictionary<string, object?> named)
    {
        if (!parameters.TakesFurther && positional.Length > parameters.Items.Length)
        {
            throw new ChatTemplateException($"Chat template: the macro '{name}' takes no more than {parameters.Items.Length} arguments.");
        }

        if (!parameters.TakesFurtherNamed && named.Count > 0)
        {
            throw new ChatTemplateException($"Chat template: the macro '{name}' takes no argument '{named.Keys.First()}'.");
        }

        if (parameters.TakesFurther)
        {
            _scope["varargs"] = positional.Skip(parameters.Items.Length).ToList();
        }

        if (parameters.TakesFurtherNamed)
        {
            var further = new TemplateMap();
            foreach (var (key, value) in named)
            {
                further[key] = value;
            }

            _scope["kwargs"] = further;
        }
    }

    private void RunCall(CallStatement statement)
    {
        var outer = _scope;
        var scope = new TemplateScope(outer);
        scope["caller"] = Macro("caller", statement.Parameters, statement.Body, lexicalScope: outer);
        _scope = scope;
        try
        {
            Write(TemplateValue.Print(Invoke(statement.Call), _budget));
        }
        finally
        {
            _scope = outer;
        }
    }
}
