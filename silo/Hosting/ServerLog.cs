using System.Globalization;
using CodeSigning.Silo.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Hosting;

/// <summary>How lines of the log look.</summary>
public enum LogFormat
{
    /// <summary>A line of text; under systemd with the priority that its journal takes.</summary>
    Text,

    /// <summary>A JSON object a line, with the fields of .NET's formatter: Timestamp, LogLevel, Category, Message, Exception, State, Scopes.</summary>
    Json,
}

/// <summary>The log of a server, and what a service manager hears of it.</summary>
public static class ServerLog
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
    private const string Setting = "CODESIGNING_LOG_FORMAT";

    /// <summary>Reads the format; the reader has the mistake.</summary>
    internal static LogFormat ReadFormat(SettingsReader reader)
    {
        switch (reader.Text(Setting))
        {
            case null or "text":
                return LogFormat.Text;
            case "json":
                return LogFormat.Json;
            case var other:
                reader.Refuse($"{Setting} is invalid: expected text or json, not '{other}'.");
                return LogFormat.Text;
        }
    }

    /// <summary>Has the host write its log to standard output, and tell systemd, where it started it, when it is ready.</summary>
    public static void AddServerLog(this IHostApplicationBuilder builder, LogFormat format)
    {
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Polly", LogLevel.Warning);
        var isUnderSystemd = IsStartedBySystemd();
        if (isUnderSystemd)
        {
            builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
            builder.Services.AddSingleton<IHostLifetime, SystemdLifetime>();
        }

        if (format == LogFormat.Json)
        {
            builder.Logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Time.Trim();
                console.IncludeScopes = true;
            });
        }
        else if (isUnderSystemd)
        {
            builder.Logging.AddSystemdConsole();
        }
        else
        {
            builder.Logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Time;
            });
        }
    }

    // AddSystemd() asks the name of the parent process, which a unit with ProtectProc=invisible hides: systemd would wait for a
    // READY that never comes (dotnet/runtime#125520). Since version 248 systemd says whom it started.
    private static bool IsStartedBySystemd() =>
        Environment.GetEnvironmentVariable("SYSTEMD_EXEC_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        || SystemdHelpers.IsSystemdService();
}
