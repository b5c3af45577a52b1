using System.Diagnostics.Metrics;

namespace CodeSigning.Silo.Notifications;

/// <summary>Counts attempts to deliver by webhook and by mail, for <c>/metrics</c>.</summary>
internal sealed class DeliveryMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "CodeSigning.Notifications";

    private readonly Meter _meter;
    private readonly Counter<long> _attempts;

    public DeliveryMeter(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _attempts = _meter.CreateCounter<long>(
            "codesigning.deliveries.attempts", "{attempt}",
            "Attempts to deliver by webhook or mail: delivered, failed and tried again, or given up.");
        foreach (var channel in Enum.GetValues<DeliveryChannel>())
        {
            foreach (var outcome in Enum.GetValues<DeliveryOutcome>())
            {
                Count(channel, outcome, 0);
            }
        }
    }

    /// <summary>Counts one.</summary>
    public void Count(DeliveryChannel channel, DeliveryOutcome outcome) => Count(channel, outcome, 1);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Count(DeliveryChannel channel, DeliveryOutcome outcome, long attempts) => _attempts.Add(
        attempts,
        new KeyValuePair<string, object?>("channel", channel == DeliveryChannel.Mail ? "mail" : "webhook"),
        new KeyValuePair<string, object?>("outcome", outcome switch
        {
            DeliveryOutcome.Delivered => "delivered",
            DeliveryOutcome.Failed => "failed",
            _ => "given_up",
        }));
}

/// <summary>By which way something is delivered.</summary>
internal enum DeliveryChannel
{
    /// <summary>An HTTP request.</summary>
    Webhook,

    /// <summary>Mail over SMTP.</summary>
    Mail,
}

/// <summary>What became of an attempt to deliver.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>The receiver did not take it; it is tried again.</summary>
    Failed,

    /// <summary>The receiver did not take it, and it is not tried again.</summary>
    GivenUp,
}
