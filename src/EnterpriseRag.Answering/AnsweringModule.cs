using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Answering;

public static class AnsweringModule
{
    public static IServiceCollection AddAnswering(this IServiceCollection services, IConfiguration configuration) => services;
}
