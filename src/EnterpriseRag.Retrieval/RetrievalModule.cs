using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Retrieval;

public static class RetrievalModule
{
    public static IServiceCollection AddRetrieval(this IServiceCollection services, IConfiguration configuration) => services;
}
