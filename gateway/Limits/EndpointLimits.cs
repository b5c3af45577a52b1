namespace CodeSigning.Gateway.Limits;

/// <summary>The limits of an endpoint.</summary>
/// <param name="Rate">The identity's bucket that a request uses.</param>
/// <param name="CountsAsWork">Whether it counts as a request in flight.</param>
internal sealed record EndpointLimits(Rate Rate, bool CountsAsWork)
{
    /// <summary>The address's bucket that an anonymous request uses.</summary>
    public AnonymousKind Anonymous { get; init; } = AnonymousKind.Requests;

    /// <summary>The default limits.</summary>
    public static EndpointLimits Usual { get; } = new(Rate.Requests, CountsAsWork: true);

    /// <summary>The handler uses the bucket for signatures once it knows their number.</summary>
    public static EndpointLimits Signing { get; } = new(Rate.ByHandler, CountsAsWork: true);

    /// <summary>A long-polling request, which does not count as in flight.</summary>
    public static EndpointLimits Waiting { get; } = new(Rate.Requests, CountsAsWork: false);

    /// <summary>A probe, which must be answered even under overload.</summary>
    public static EndpointLimits Probe { get; } = new(Rate.ByHandler, CountsAsWork: false) { Anonymous = AnonymousKind.Probes };

    /// <summary>A login of a person.</summary>
    public static EndpointLimits PersonLogin { get; } = Usual with { Anonymous = AnonymousKind.PersonLogins };

    /// <summary>A login of a machine identity.</summary>
    public static EndpointLimits MachineLogin { get; } = Usual with { Anonymous = AnonymousKind.MachineLogins };
}
