using System.Diagnostics.CodeAnalysis;

namespace EnterpriseRag.Foundation;

/// <summary>The closed set of outcomes that a caller must handle. Bugs and a broken environment are exceptions.</summary>
public enum FailureKind
{
    /// <summary>The input breaks a rule; the message says which and what to do.</summary>
    Invalid,

    /// <summary>Not there, or not readable by the caller: the two are never told apart.</summary>
    NotFound,

    /// <summary>The caller is known and lacks the right.</summary>
    Forbidden,

    /// <summary>The state does not permit it now (for example: already being deleted).</summary>
    Conflict,

    /// <summary>The ledger cannot write, so nothing is retrieved, generated or shown.</summary>
    AuditUnavailable,

    /// <summary>A needed part does not answer (index, model, database).</summary>
    Unavailable,
}

public sealed record Failure(FailureKind Kind, string Message);

/// <summary>A response that can be a failure; lets a pipeline behaviour answer without knowing the value's type.</summary>
public interface IFailable<out TSelf>
{
    static abstract TSelf FromFailure(Failure failure);
}

/// <summary>A value or one of the failures of <see cref="FailureKind"/>.</summary>
public readonly struct Result<T> : IFailable<Result<T>>
{
    private readonly T? _value;

    private Result(T? value, Failure? failure)
    {
        _value = value;
        Failure = failure;
    }

    public Failure? Failure { get; }

    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsSuccess => Failure is null;

    /// <exception cref="InvalidOperationException">The result is a failure: ask <see cref="IsSuccess"/> first.</exception>
    public T Value => Failure is null ? _value! /* success always carries a value */ : throw new InvalidOperationException(Failure.Message);

#pragma warning disable CA1000 // factories of the generic type: a behaviour calls the first through IFailable, the second names its T
    public static Result<T> FromFailure(Failure failure) => new(default, failure);

    /// <summary>For values of an interface type, which C# does not convert implicitly.</summary>
    public static Result<T> FromValue(T value) => new(value, null);
#pragma warning restore CA1000

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Failure failure) => new(default, failure);
}
