using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseRag.Portal.Api.OpenAi;

namespace EnterpriseRag.Portal.Api;

/// <summary>All endpoints under <c>/api</c> and <c>/v1</c>: one file per feature, each with its policy; <c>docs/user/api.md</c> describes them.</summary>
internal static class ApiModule
{
    /// <summary>JSON of every response and event: camelCase names, enums as camelCase words.</summary>
    public static readonly JsonSerializerOptions Json = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => Configure(o.SerializerOptions));
        services.AddOpenApi();
        return services;
    }

    public static void MapApi(this WebApplication app)
    {
        app.MapOpenApi(); // the fallback policy applies: signed-in people only
        var api = app.MapGroup("/api").DisableAntiforgery(); // CrossSiteGuard stands in front of the whole group
        api.MapAnswers();
        api.MapSearch();
        api.MapDocuments();
        api.MapPages();
        api.MapMatters();
        api.MapAccounts();
        api.MapTokens();
        api.MapAudit();
        var v1 = app.MapGroup("/v1").DisableAntiforgery().AddEndpointFilter(OpenAiError.ExplainAsync);
        v1.MapChatCompletions();
        v1.MapEmbeddings();
        v1.MapModels();
        app.MapHealth();
    }

    private static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        foreach (var converter in IdJson.Converters)
        {
            options.Converters.Add(converter);
        }

        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        return options;
    }
}
