using CodeSigning.Contract;
using CodeSigning.Grants;
using CodeSigning.Identities;

namespace CodeSigning.Approvals;

/// <summary>A request for a grant.</summary>
/// <param name="Justification">Why the signatures are needed, 1 to 2048 characters.</param>
/// <param name="RequestedSignings">The number of signatures; defaults to the policy's maximum.</param>
/// <param name="WindowStart">The start of the window (UTC); defaults to the time of approval.</param>
/// <param name="WindowEnd">The end of the window (UTC); cannot be combined with a duration.</param>
/// <param name="RequestedWindowDuration">
/// The length of the window from the approval, such as <c>4h</c>; defaults to the policy's maximum if no window is
/// given.
/// </param>
/// <param name="Scope">What the grant covers; defaults to everything.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CreateRequest")]
public sealed record CreateRequest(
    [property: Id(0)] string Justification,
    [property: Id(1)] long? RequestedSignings = null,
    [property: Id(2)] DateTimeOffset? WindowStart = null,
    [property: Id(3)] DateTimeOffset? WindowEnd = null,
    [property: Id(4)] string? RequestedWindowDuration = null,
    [property: Id(5)] GrantScope? Scope = null);

/// <summary>A grant given without a request, by an administrator of the signer to another member.</summary>
/// <param name="Grantee">The person or machine identity that may use the grant; must be a member who may sign.</param>
/// <param name="Justification">Why the signatures are needed, 1 to 2048 characters.</param>
/// <param name="RequestedSignings">The number of signatures; defaults to the policy's maximum.</param>
/// <param name="WindowStart">The start of the window (UTC); defaults to now.</param>
/// <param name="WindowEnd">The end of the window (UTC); cannot be combined with a duration.</param>
/// <param name="RequestedWindowDuration">The length of the window from now, such as <c>4h</c>.</param>
/// <param name="Scope">What the grant covers; defaults to everything.</param>
public sealed record PreApprove(
    [property: Offers(PrincipalKind.User, PrincipalKind.Identity)] PrincipalRef Grantee,
    string Justification,
    long? RequestedSignings = null,
    DateTimeOffset? WindowStart = null,
    DateTimeOffset? WindowEnd = null,
    string? RequestedWindowDuration = null,
    GrantScope? Scope = null)
{
    /// <summary>The same terms as a request of the grantee.</summary>
    public CreateRequest ToRequest() =>
        new(Justification, RequestedSignings, WindowStart, WindowEnd, RequestedWindowDuration, Scope);
}
