using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Inference;

public static class InferenceModule
{
    public static IServiceCollection AddInference(this IServiceCollection services, IConfiguration configuration) => services;
}
