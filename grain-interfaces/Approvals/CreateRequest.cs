using CodeSigning.Grants;
using CodeSigning.Identities;

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

/// <summary>Grants ahead of a request; an administrator of the signer does it, for somebody else.</summary>
/// <param name="Grantee">A person or a machine identity; a member who may sign.</param>
/// <param name="Justification">What for, 1 to 2048 characters.</param>
/// <param name="RequestedSignings">How many signatures; the policy's most if not given.</param>
/// <param name="WindowStart">From when (UTC); from now if not given.</param>
/// <param name="WindowEnd">Until when (UTC); not together with a duration.</param>
/// <param name="RequestedWindowDuration">How long from now, such as <c>4h</c>.</param>
/// <param name="Scope">What it shall cover; everything if not given.</param>
public sealed record PreApprove(
    PrincipalRef Grantee,
    string Justification,
    long? RequestedSignings = null,
    DateTimeOffset? WindowStart = null,
    DateTimeOffset? WindowEnd = null,
    string? RequestedWindowDuration = null,
    GrantScope? Scope = null)
{
    /// <summary>The same, as if the grantee asked for it.</summary>
    public CreateRequest ToRequest() =>
        new(Justification, RequestedSignings, WindowStart, WindowEnd, RequestedWindowDuration, Scope);
}
