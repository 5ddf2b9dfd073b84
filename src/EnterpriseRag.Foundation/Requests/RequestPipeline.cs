using System.Diagnostics;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Foundation.Requests;

/// <summary>A request that only people with one of these platform roles may send.</summary>
public interface IRoleBound
{
    /// <summary>Roles of the sender, from the authenticated principal.</summary>
    IReadOnlyList<string> SenderRoles { get; }

    /// <summary>Any one of these suffices.</summary>
    IReadOnlyList<string> PermittedRoles { get; }
}

/// <summary>
/// The behaviours around every MediatR request, in their one order: role check, validation, trace. They do not run while a returned stream
/// is enumerated: what guards a stream is its audit ticket. None of them formats a request, because a record's text holds every member.
/// </summary>
public static class RequestPipeline
{
    public static IServiceCollection AddRequestPipeline(this IServiceCollection services)
    {
        services.AddTransient<ServiceFactory>(static provider => provider.GetService! /* MediatR 5 asks for a null-tolerant factory */);
        services.AddTransient<IMediator, Mediator>();
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(RoleCheckBehavior<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(ValidateBehavior<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(TraceBehavior<,>));
        return services;
    }
}

internal sealed class RoleCheckBehavior<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IFailable<TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        request is IRoleBound bound && !bound.PermittedRoles.Intersect(bound.SenderRoles, StringComparer.Ordinal).Any()
            ? Task.FromResult(TResponse.FromFailure(new Failure(FailureKind.Forbidden, "Your role does not permit this.")))
            : next();
}

internal sealed class ValidateBehavior<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators) : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IFailable<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        foreach (var validator in validators)
        {
            var outcome = await validator.ValidateAsync(request, cancellationToken);
            if (!outcome.IsValid)
            {
                return TResponse.FromFailure(new Failure(FailureKind.Invalid, string.Join(' ', outcome.Errors.Select(static e => e.ErrorMessage))));
            }
        }

        return await next();
    }
}

internal sealed class TraceBehavior<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IFailable<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        using var activity = RequestTracing.Source.StartActivity(typeof(TRequest).Name);
        return await next();
    }
}

internal static class RequestTracing
{
    public static readonly ActivitySource Source = new("EnterpriseRag.Requests");
}
