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

/// <summary>A value or one of the failures of <see cref="FailureKind"/>.</summary>
public readonly struct Result<T>
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

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Failure failure) => new(default, failure);
}
