namespace CodeSigning.Policies;

/// <summary>The most that may be asked for under a policy; at least one is given.</summary>
/// <param name="MaxWindowDuration">The longest window, such as <c>4h</c>.</param>
/// <param name="MaxSignings">The most signatures, 1 to 1,000,000,000.</param>
[GenerateSerializer, Immutable, Alias("codesigning.PolicyConstraints")]
public sealed record PolicyConstraints(
    [property: Id(0)] string? MaxWindowDuration = null, [property: Id(1)] long? MaxSignings = null);
