using System.Globalization;
using EnterpriseRag.Foundation;
using Serilog;
using Serilog.Extensions.Logging;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>Serilog behind the framework's logging: console and <c>&lt;Data&gt;/logs/portal-*.log</c> (one a day, thirty kept, the folder is 0700).</summary>
internal static class Logging
{
    public static void AddPortalLogging(this WebApplicationBuilder builder)
    {
        var data = builder.Configuration.GetSection(DataOptions.Section).Get<DataOptions>() ?? new DataOptions();
        CreatePrivate(Path.GetFullPath(data.Directory));
        CreatePrivate(data.Sub("logs"));
        CreatePrivate(data.Sub("secrets"));
        var logger = new LoggerConfiguration()
            .ReadFrom.Configuration(builder.Configuration)
            .WriteTo.Console(formatProvider: CultureInfo.InvariantCulture, outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}")
            .WriteTo.File(
                Path.Combine(data.Sub("logs"), "portal-.log"), formatProvider: CultureInfo.InvariantCulture, rollingInterval: RollingInterval.Day, retainedFileCountLimit: 30,
                outputTemplate: "{Timestamp:o} {Level:u3} {SourceContext} {EventId} {Message:lj}{NewLine}{Exception}")
            .CreateLogger();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerProvider>(new SerilogLoggerProvider(logger, dispose: true));
    }

    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
