using System.Collections.Immutable;
using System.Reflection;

namespace EnterpriseRag.Inference.Models.Import;

/// <summary>
/// One instance of every sealed class of this assembly that derives from <typeparamref name="T"/>: a new block type, architecture or
/// tokenizer is a new file and no table has to be edited. Order is that of the type names, so that nothing depends on metadata order.
/// </summary>
internal static class Registered<T>
    where T : class
{
    public static ImmutableArray<T> All { get; } =
    [
        .. typeof(T).Assembly.GetTypes()
            .Where(type => type.IsSealed && typeof(T).IsAssignableFrom(type))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(Create),
    ];

    private static T Create(Type type)
    {
        try
        {
            return (T)(Activator.CreateInstance(type) ?? throw new MissingMethodException(type.FullName, ".ctor"));
        }
        catch (TargetInvocationException e)
        {
            throw new InvalidOperationException($"{type.FullName} cannot be registered.", e);
        }
    }
}
