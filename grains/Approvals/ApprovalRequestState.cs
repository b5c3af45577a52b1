using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>A stored request with a copy of the policy's definition, so that later edits do not affect it.</summary>
public sealed record ApprovalRequestState : IIndexedState
{
    /// <summary>The request's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>What it asks for.</summary>
    public RequestKind Kind { get; init; }

    /// <summary>Its status when last saved; the clock decides whether it has expired.</summary>
    public RequestStatus Status { get; init; }

    /// <summary>The signer; null for the edit of a policy.</summary>
    public string? SignerId { get; init; }

    /// <summary>The signer's name at its creation.</summary>
    public string? SignerName { get; init; }

    /// <summary>The policy that it is decided under.</summary>
    public string PolicyId { get; init; } = "";

    /// <summary>The policy's definition at its creation.</summary>
    public PolicyDefinition Policy { get; init; } = new("", new PolicyConstraints(), []);

    /// <summary>The requester.</summary>
    public Actor Requester { get; init; } = new(PrincipalKind.System, "", "");

    /// <summary>The requester's justification.</summary>
    public string Justification { get; init; } = "";

    /// <summary>The number of signatures requested.</summary>
    public long? RequestedSignings { get; init; }

    /// <summary>The start of the window (UTC).</summary>
    public DateTimeOffset? WindowStart { get; init; }

    /// <summary>The end of the window (UTC).</summary>
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>The length of the window from the approval, instead of an end.</summary>
    public TimeSpan? WindowDuration { get; init; }

    /// <summary>What the grant will cover.</summary>
    public GrantScope? Scope { get; init; }

    /// <summary>The requested policy change.</summary>
    public PolicyChange? Change { get; init; }

    /// <summary>The person to be added to an approver group.</summary>
    public GroupAddition? Addition { get; init; }

    /// <summary>The signer's certificate at its creation, the only one that the grant will be valid for.</summary>
    public string? CertificateThumbprint { get; init; }

    /// <summary>The signer's generation at its creation; an emergency stop ends all requests of a generation.</summary>
    public long SignerGeneration { get; init; }

    /// <summary>The votes, each with the step that it was cast in.</summary>
    public IReadOnlyList<CastBallot> Ballots { get; init; } = [];

    /// <summary>The index of the current step, from 0.</summary>
    public int CurrentStep { get; init; }

    /// <summary>Whether the remaining steps were found to have too few eligible approvers.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it expires (UTC).</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it ended (UTC).</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>The idempotency key of its creation.</summary>
    public string? RequestKey { get; init; }

    /// <summary>The SHA-256 of that call, lower-case hex.</summary>
    public string? RequestHash { get; init; }

    /// <summary>
    /// The people who could act as the requesting machine identity when the request was created. They cannot vote, even
    /// if their secrets were revoked since.
    /// </summary>
    public ImmutableArray<string> RequesterMakers { get; init; } = [];

    /// <summary>The part of the request that ledger entries record, with the votes that are not void.</summary>
    public object ToRecord() => new
    {
        Kind,
        Status,
        SignerId,
        PolicyId,
        Justification,
        RequestedSignings,
        WindowStart,
        WindowEnd,
        RequestedWindowDuration = WindowDuration is { } duration ? Duration.ToText(duration) : null,
        Scope,
        Change = RecordOfChange(),
        Addition,
        CertificateThumbprint,
        ExpiresAt,
        IsUnreachable,
        Votes = Ballots
            .Where(ballot => !ballot.IsVoid)
            .Select(ballot => new { Step = ballot.Step + 1, ballot.UserId, ballot.UserName, ballot.Approved, ballot.Comment }),
    };

    /// <summary>Whether the caller is the requester.</summary>
    public bool IsOf(Caller caller) => caller.Kind == Requester.Kind && caller.Id == Requester.Id;

    /// <summary>Ends the request other than by approval.</summary>
    public ApprovalRequestState End(RequestStatus status, DateTimeOffset at) => this with { Status = status, DecidedAt = at };

    /// <inheritdoc/>
    public StateIndex ToIndex() => new(
        Parent: SignerId,
        Status: Status.ToString().ToLowerInvariant(),
        Until: Status == RequestStatus.Pending ? ExpiresAt : null,
        Links: [.. Links().Distinct()]);

    private object? RecordOfChange() => Change switch
    {
        null => null,
        { NewDefinition: { } next } =>
            Changes.Between(PolicyState.ToRecord(Policy), PolicyState.ToRecord(next)).ToNode(),
        _ => new { Change.PolicyId, Change.NewPolicyId },
    };

    private IEnumerable<string> Links() =>
        Policy.Steps.SelectMany(step => step.Approvers).Select(approver => "approver-" + approver.ToLink())
            .Append(new PrincipalRef(Requester.Kind, Requester.Id).ToLink())
            .Append("policy:" + PolicyId)
            .Concat(Addition is null ? [] : ["addition:" + Addition.GroupId]);
}

/// <summary>A stored vote.</summary>
/// <param name="Step">The step that it was cast in, from 0.</param>
/// <param name="UserId">The voter's id.</param>
/// <param name="UserName">The voter's name at the time of the vote.</param>
/// <param name="Approved">True for an approval, false for a rejection.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Comment">The voter's comment.</param>
/// <param name="IsVoid">
/// Whether it was discarded when votes were counted, because the voter was no longer eligible. It stays void even if
/// the voter becomes eligible again, who then may vote again.
/// </param>
public sealed record CastBallot(
    int Step,
    string UserId,
    string UserName,
    bool Approved,
    DateTimeOffset At,
    string? Comment = null,
    bool IsVoid = false);

/// <summary>The approvals that a step still requires.</summary>
/// <param name="Required">The number of approvals missing.</param>
/// <param name="Candidates">The people who could give them.</param>
public sealed record OpenStep(int Required, ImmutableHashSet<string> Candidates);

/// <summary>Derives a grant's id from its request's, so that a request has at most one grant.</summary>
public static class RequestIds
{
    /// <summary>The id of the grant of a request.</summary>
    public static string GrantOf(string requestId) => IdPrefixes.Grant + requestId[IdPrefixes.ApprovalRequest.Length..];
}
