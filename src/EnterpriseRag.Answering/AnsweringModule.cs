using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Answering.Grounding;
using EnterpriseRag.Answering.Models;
using EnterpriseRag.Foundation;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Answering;

public static class AnsweringModule
{
    /// <summary>Registers the handlers of <see cref="Question"/> and <see cref="SearchDocuments"/>; needs the request pipeline, Audit, Retrieval, Inference and Storage.</summary>
    public static IServiceCollection AddAnswering(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AnsweringOptions>().Bind(configuration.GetSection(AnsweringOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<ModelDecisionRecorder>();
        services.AddSingleton<RequestGrounds>();
        services.AddSingleton<SentenceChecker>();
        services.AddSingleton<GeneratedAnswer>();
        services.AddSingleton<AnswerPipeline>();
        services.AddTransient<IRequestHandler<Question, Result<IAsyncEnumerable<AnswerEvent>>>, AnswerService>();
        services.AddTransient<IRequestHandler<SearchDocuments, Result<FoundPassages>>, SearchDocumentsHandler>();
        services.AddSingleton<IValidator<Question>, QuestionValidator>();
        services.AddSingleton<IValidator<SearchDocuments>, SearchDocumentsValidator>();
        return services;
    }
}
