using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Answering.Direct;
using EnterpriseRag.Answering.Grounding;
using EnterpriseRag.Answering.Models;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering;

public static class AnsweringModule
{
    /// <summary>Registers the handlers of <see cref="Question"/>, <see cref="SearchDocuments"/>, <see cref="DirectChat"/> and <see cref="DirectEmbedding"/>; needs the request pipeline, Audit, Retrieval, Inference and Storage.</summary>
    public static IServiceCollection AddAnswering(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddHostedService<ModelDecisionRecorder>();
        services.AddModelEvaluation(configuration);
        services.AddSingleton<RequestGrounds>();
        services.AddSingleton<GeneratedAnswer>();
        services.AddSingleton<AnswerPipeline>();
        services.AddTransient<IRequestHandler<Question, Result<IAsyncEnumerable<AnswerEvent>>>, AnswerService>();
        services.AddTransient<IRequestHandler<SearchDocuments, Result<FoundPassages>>, SearchDocumentsHandler>();
        services.AddOptions<DirectOptions>().Bind(configuration.GetSection(DirectOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<DirectOptions>, DirectOptionsValidator>();
        services.AddTransient<IRequestHandler<DirectChat, Result<DirectChatRun>>, DirectChatHandler>();
        services.AddTransient<IRequestHandler<DirectEmbedding, Result<EmbeddedTexts>>, DirectEmbeddingHandler>();
        services.AddSingleton<IValidator<DirectEmbedding>, DirectEmbeddingValidator>();
        services.AddSingleton<IValidator<Question>, QuestionValidator>();
        services.AddSingleton<IValidator<SearchDocuments>, SearchDocumentsValidator>();
        return services;
    }

    /// <summary><see cref="GroundedEvaluation"/> and what it needs beside Audit, Inference and Storage.</summary>
    public static IServiceCollection AddModelEvaluation(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AnsweringOptions>().Bind(configuration.GetSection(AnsweringOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SentenceChecker>();
        services.AddSingleton(p => new GroundedEvaluation(
            p.GetRequiredService<SentenceChecker>(), p.GetRequiredService<AuditLedger>(), p.GetRequiredService<IOptions<AnsweringOptions>>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
