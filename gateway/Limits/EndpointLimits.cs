namespace CodeSigning.Gateway.Limits;

/// <summary>Which bounds an endpoint is under.</summary>
/// <param name="Rate">Which of the identity's buckets a request takes from before it is handled.</param>
/// <param name="CountsAsWork">Whether it is one of the requests under way that are bounded in number.</param>
internal sealed record EndpointLimits(Rate Rate, bool CountsAsWork)
{
    /// <summary>Which of the address's buckets a request takes from where the endpoint asks for no token.</summary>
    public AnonymousKind Anonymous { get; init; } = AnonymousKind.Requests;

    /// <summary>What endpoints are under that say nothing else.</summary>
    public static EndpointLimits Usual { get; } = new(Rate.Requests, CountsAsWork: true);

    /// <summary>The handler takes from the bucket for signatures, once it knows how many are asked for.</summary>
    public static EndpointLimits Signing { get; } = new(Rate.ByHandler, CountsAsWork: true);

    /// <summary>A request that waits for something to happen: it is no work while it waits.</summary>
    public static EndpointLimits Waiting { get; } = new(Rate.Requests, CountsAsWork: false);

    /// <summary>A probe, which must be answered above all when there is too much to do.</summary>
    public static EndpointLimits Probe { get; } = new(Rate.ByHandler, CountsAsWork: false) { Anonymous = AnonymousKind.Probes };

    /// <summary>A login of a person.</summary>
    public static EndpointLimits PersonLogin { get; } = Usual with { Anonymous = AnonymousKind.PersonLogins };

    /// <summary>A login of a machine identity.</summary>
    public static EndpointLimits MachineLogin { get; } = Usual with { Anonymous = AnonymousKind.MachineLogins };
}
