using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Silo.Notifications;

/// <summary>Runs notifications in the background; a failed round is repeated at the next interval.</summary>
internal sealed class NotificationService(
    NotificationFeed feed,
    DenialFeed denials,
    Deliveries deliveries,
    ExpiringCertificates certificates,
    ExpiringRequests requests,
    NotificationOptions options,
    TimeProvider time,
    ILogger<NotificationService> log) : BackgroundService
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(
            RepeatAsync(options.Interval, WhileAsync(feed.AdvanceAsync), stoppingToken),
            RepeatAsync(options.Interval, WhileAsync(denials.AdvanceAsync), stoppingToken),
            RepeatAsync(options.Interval, deliveries.BeginAsync, stoppingToken),
            RepeatAsync(Minute, requests.LookAsync, stoppingToken),
            RepeatAsync(Hour, certificates.LookAsync, stoppingToken),
            RepeatAsync(Hour, deliveries.PurgeAsync, stoppingToken));
        await deliveries.EndAsync();
    }

    private static Func<CancellationToken, Task> WhileAsync(Func<CancellationToken, Task<bool>> round) => async cancellationToken =>
    {
        while (await round(cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    };

    // Each of them fails and recovers by itself.
    private Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> round, CancellationToken stoppingToken) =>
        new RepeatedWork(
            log,
            time,
            over: "Notifications work again.",
            passing: "Notifications failed and will be retried.",
            lasting: "Notifications failed and will be retried: fix the cause.")
            .RepeatAsync(interval, round, stoppingToken, isDue: true);
}

/// <summary>Registers the notification services.</summary>
public static class NotificationRegistration
{
    /// <summary>Adds the state types of notifications, for verification.</summary>
    public static IServiceCollection AddNotificationKinds(this IServiceCollection services) => services
        .AddSingleton(StateKind.Of<WebhookState>(StateTypes.Webhook))
        .AddSingleton(StateKind.Of<DeliveryState>(StateTypes.Delivery));

    /// <summary>Adds the services; the caller adds storage, grains and clock.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services, NotificationOptions options) => services
        .AddSingleton(options)
        .AddSingleton<Webhooks>()
        .AddSingleton<WebhookSender>()
        .AddSingleton(services => new TestDeliveries(
            services.GetRequiredService<IStateStore>(),
            services.GetRequiredService<ILedger>(),
            services.GetRequiredService<Webhooks>(),
            services.GetRequiredService<WebhookSender>(),
            services.GetRequiredService<MailSender>(),
            options,
            services.GetRequiredService<TimeProvider>()))
        .AddSingleton<NotificationSubjects>()
        .AddSingleton<MailRecipients>()
        .AddSingleton<MailSender>()
        .AddSingleton<IResetMail, ResetMail>()
        .AddSingleton<Invitations>()
        .AddSingleton<PasswordResets>()
        .AddSingleton<EventDeliveries>()
        .AddSingleton<NotificationFeed>()
        .AddSingleton<DenialFeed>()
        .AddSingleton<DeliveryQueues>()
        .AddSingleton<DeliveryMeter>()
        .AddSingleton<Deliveries>()
        .AddSingleton<ExpiringCertificates>()
        .AddSingleton<ExpiringRequests>()
        .AddHostedService<NotificationService>();
}
