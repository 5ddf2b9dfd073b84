using Microsoft.AspNetCore.Localization;

namespace EnterpriseRag.Portal.Localisation;

/// <summary>
/// Language of a request: <c>?lang=de</c> (kept in a cookie), else the cookie, else Accept-Language. A link is enough to switch; no script,
/// no form and no endpoint of its own.
/// </summary>
internal static class LanguageChoice
{
    private const string Query = "lang";

    public static IApplicationBuilder UseLanguageChoice(this IApplicationBuilder app)
    {
        app.Use((context, next) =>
        {
            var asked = context.Request.Query[Query].ToString();
            if (Words.Languages.Contains(asked, StringComparer.Ordinal))
            {
                context.Response.Cookies.Append(
                    CookieRequestCultureProvider.DefaultCookieName,
                    CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(asked)),
                    new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, IsEssential = true, MaxAge = TimeSpan.FromDays(365), Secure = context.Request.IsHttps });
            }

            return next(context);
        });

        var options = new RequestLocalizationOptions().SetDefaultCulture("en").AddSupportedCultures([.. Words.Languages]).AddSupportedUICultures([.. Words.Languages]);
        options.RequestCultureProviders.Clear();
        options.RequestCultureProviders.Add(new QueryStringRequestCultureProvider { QueryStringKey = Query, UIQueryStringKey = Query });
        options.RequestCultureProviders.Add(new CookieRequestCultureProvider());
        options.RequestCultureProviders.Add(new AcceptLanguageHeaderRequestCultureProvider());
        return app.UseRequestLocalization(options);
    }

    /// <summary>The current address with the other language, for the switch.</summary>
    public static string Link(HttpRequest request, string language)
    {
        var query = QueryString.Create(request.Query.Where(static q => !string.Equals(q.Key, Query, StringComparison.Ordinal)).SelectMany(static q => q.Value, static (q, v) => KeyValuePair.Create(q.Key, v)).Append(KeyValuePair.Create<string, string?>(Query, language)));
        return request.Path + query.ToUriComponent();
    }
}
