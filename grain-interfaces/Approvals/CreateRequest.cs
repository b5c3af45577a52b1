using CodeSigning.Grants;

namespace CodeSigning.Approvals;

/// <summary>Asks for a grant.</summary>
/// <param name="Justification">What for, 1 to 2048 characters.</param>
/// <param name="RequestedSignings">How many signatures; the policy's most if not given.</param>
/// <param name="WindowStart">From when (UTC); from the approval if not given.</param>
/// <param name="WindowEnd">Until when (UTC); not together with a duration.</param>
/// <param name="RequestedWindowDuration">How long from the approval, such as <c>4h</c>; the policy's longest if no window is given.</param>
/// <param name="Scope">What it shall cover; everything if not given.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CreateRequest")]
public sealed record CreateRequest(
    [property: Id(0)] string Justification,
    [property: Id(1)] long? RequestedSignings = null,
    [property: Id(2)] DateTimeOffset? WindowStart = null,
    [property: Id(3)] DateTimeOffset? WindowEnd = null,
    [property: Id(4)] string? RequestedWindowDuration = null,
    [property: Id(5)] GrantScope? Scope = null);
