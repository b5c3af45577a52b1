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

/// <summary>A request as it is stored. The policy is copied into it: edits of the policy touch new requests only.</summary>
public sealed record ApprovalRequestState : IIndexedState
{
    /// <summary>The request's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>What it asks for.</summary>
    public RequestKind Kind { get; init; }

    /// <summary>Where it stood when it was last saved; whether it has expired, the clock says.</summary>
    public RequestStatus Status { get; init; }

    /// <summary>The signer; null for the edit of a policy.</summary>
    public string? SignerId { get; init; }

    /// <summary>The signer's name then.</summary>
    public string? SignerName { get; init; }

    /// <summary>The policy that it is decided under.</summary>
    public string PolicyId { get; init; } = "";

    /// <summary>What the policy said when the request was made.</summary>
    public PolicyDefinition Policy { get; init; } = new("", new PolicyConstraints(), []);

    /// <summary>Who asks.</summary>
    public Actor Requester { get; init; } = new(PrincipalKind.System, "", "");

    /// <summary>What for.</summary>
    public string Justification { get; init; } = "";

    /// <summary>How many signatures.</summary>
    public long? RequestedSignings { get; init; }

    /// <summary>From when (UTC).</summary>
    public DateTimeOffset? WindowStart { get; init; }

    /// <summary>Until when (UTC).</summary>
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>How long from the approval, in place of a window.</summary>
    public TimeSpan? WindowDuration { get; init; }

    /// <summary>What the grant shall cover.</summary>
    public GrantScope? Scope { get; init; }

    /// <summary>The change of policy that is asked for.</summary>
    public PolicyChange? Change { get; init; }

    /// <summary>The person who shall be added to a group that approves.</summary>
    public GroupAddition? Addition { get; init; }

    /// <summary>The certificate that the signer had when the request was made; the grant serves no other.</summary>
    public string? CertificateThumbprint { get; init; }

    /// <summary>The signer's generation when the request was made; a stop ends all requests of one.</summary>
    public long SignerGeneration { get; init; }

    /// <summary>The votes, each with the step that it was cast in.</summary>
    public IReadOnlyList<CastBallot> Ballots { get; init; } = [];

    /// <summary>The step that waits, from 0.</summary>
    public int CurrentStep { get; init; }

    /// <summary>Whether the step that waits was found to have too few people left.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until when it waits (UTC).</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it ended (UTC).</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>The idempotency key that it was asked with.</summary>
    public string? RequestKey { get; init; }

    /// <summary>What was asked with that key (lower-case hex SHA-256).</summary>
    public string? RequestHash { get; init; }

    /// <summary>
    /// The people who, when it was made, could act as the machine identity that asks. They have no vote, also if they have
    /// taken their secret away since.
    /// </summary>
    public ImmutableArray<string> RequesterMakers { get; init; } = [];

    /// <summary>What entries record of the request: what is asked for, where it stands, and the votes that were not left out.</summary>
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

    /// <summary>Whether the caller made it.</summary>
    public bool IsOf(Caller caller) => caller.Kind == Requester.Kind && caller.Id == Requester.Id;

    /// <summary>Ended, in a way that is not approval.</summary>
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

/// <summary>A vote as it is stored.</summary>
/// <param name="Step">The step that it was cast in, from 0.</param>
/// <param name="UserId">Who.</param>
/// <param name="UserName">Under which name then.</param>
/// <param name="Approved">Yes or no.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Comment">What they said of it.</param>
/// <param name="IsVoid">
/// Whether it was left out when votes were counted, its voter not being one who may vote any more. It stays out also if
/// they become one again: they may vote again.
/// </param>
public sealed record CastBallot(
    int Step,
    string UserId,
    string UserName,
    bool Approved,
    DateTimeOffset At,
    string? Comment = null,
    bool IsVoid = false);

/// <summary>What a step still lacks.</summary>
/// <param name="Required">How many more people.</param>
/// <param name="Candidates">Who could be one of them.</param>
public sealed record OpenStep(int Required, ImmutableHashSet<string> Candidates);

/// <summary>A grant's id derives from its request's, so no request can ever have two.</summary>
public static class RequestIds
{
    /// <summary>The id of the grant that comes of a request.</summary>
    public static string GrantOf(string requestId) => IdPrefixes.Grant + requestId[IdPrefixes.ApprovalRequest.Length..];
}
