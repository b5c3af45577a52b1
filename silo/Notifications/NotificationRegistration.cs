using CodeSigning.Grains.Identities.Users;
using CodeSigning.Grains.States;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Silo.Notifications;

/// <summary>Registers what notifies.</summary>
public static class NotificationRegistration
{
    /// <summary>Adds the kinds of state that notifications keep, for verification.</summary>
    public static IServiceCollection AddNotificationKinds(this IServiceCollection services) => services
        .AddSingleton(StateKind.Of<WebhookState>(StateTypes.Webhook))
        .AddSingleton(StateKind.Of<DeliveryState>(StateTypes.Delivery));

    /// <summary>Adds it; the caller adds storage, grains and clock.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services, NotificationOptions options) => services
        .AddSingleton(options)
        .AddSingleton<Webhooks>()
        .AddSingleton<WebhookSender>()
        .AddSingleton<MailRecipients>()
        .AddSingleton<MailSender>()
        .AddSingleton<IResetMail, ResetMail>()
        .AddSingleton<PasswordResets>()
        .AddSingleton<NotificationFeed>()
        .AddSingleton<DenialFeed>()
        .AddSingleton<DeliveryQueues>()
        .AddSingleton<Deliveries>()
        .AddSingleton<ExpiringCertificates>()
        .AddHostedService<NotificationService>();
}
