using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Grains.States;
using CodeSigning.Grants;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Approvals;

/// <summary>A request as it is stored. The policy is copied into it: edits of the policy touch new requests only.</summary>
[GenerateSerializer, Alias("codesigning.ApprovalRequestState")]
public sealed record ApprovalRequestState : IIndexedState
{
    /// <summary>The request's id.</summary>
    [Id(0)]
    public string Id { get; init; } = "";

    /// <summary>What it asks for.</summary>
    [Id(1)]
    public RequestKind Kind { get; init; }

    /// <summary>Where it stood when it was last saved; whether it has expired, the clock says.</summary>
    [Id(2)]
    public RequestStatus Status { get; init; }

    /// <summary>The signer; null for the edit of a policy.</summary>
    [Id(3)]
    public string? SignerId { get; init; }

    /// <summary>The signer's name then.</summary>
    [Id(4)]
    public string? SignerName { get; init; }

    /// <summary>The policy that it is decided under.</summary>
    [Id(5)]
    public string PolicyId { get; init; } = "";

    /// <summary>What the policy said when the request was made.</summary>
    [Id(6)]
    public PolicyDefinition Policy { get; init; } = new("", new PolicyConstraints(), []);

    /// <summary>Who asks.</summary>
    [Id(7)]
    public Actor Requester { get; init; } = new(PrincipalKind.System, "", "");

    /// <summary>What for.</summary>
    [Id(8)]
    public string Justification { get; init; } = "";

    /// <summary>How many signatures.</summary>
    [Id(9)]
    public long? RequestedSignings { get; init; }

    /// <summary>From when (UTC).</summary>
    [Id(10)]
    public DateTimeOffset? WindowStart { get; init; }

    /// <summary>Until when (UTC).</summary>
    [Id(11)]
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>How long from the approval, in place of a window.</summary>
    [Id(12)]
    public TimeSpan? WindowDuration { get; init; }

    /// <summary>What the grant shall cover.</summary>
    [Id(13)]
    public GrantScope? Scope { get; init; }

    /// <summary>The change of policy that is asked for.</summary>
    [Id(14)]
    public PolicyChange? Change { get; init; }

    /// <summary>The certificate that the signer had when the request was made; the grant serves no other.</summary>
    [Id(15)]
    public string? CertificateThumbprint { get; init; }

    /// <summary>The votes, each with the step that it was cast in.</summary>
    [Id(16)]
    public IReadOnlyList<CastBallot> Ballots { get; init; } = [];

    /// <summary>The step that waits, from 0.</summary>
    [Id(17)]
    public int CurrentStep { get; init; }

    /// <summary>Whether the step that waits was found to have too few people left.</summary>
    [Id(18)]
    public bool IsUnreachable { get; init; }

    /// <summary>When it was made (UTC).</summary>
    [Id(19)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until when it waits (UTC).</summary>
    [Id(20)]
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it ended (UTC).</summary>
    [Id(21)]
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>The idempotency key that it was asked with.</summary>
    [Id(22)]
    public string? RequestKey { get; init; }

    /// <summary>What was asked with that key (lower-case hex SHA-256).</summary>
    [Id(23)]
    public string? RequestHash { get; init; }

    /// <summary>
    /// The people who, when it was made, could act as the machine identity that asks. They have no vote, also if they have
    /// taken their secret away since.
    /// </summary>
    [Id(24)]
    public ImmutableArray<string> RequesterMakers { get; init; } = [];

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

    private IEnumerable<string> Links() =>
        Policy.Steps.SelectMany(step => step.Approvers).Select(approver => "approver-" + approver.ToLink())
            .Append(new PrincipalRef(Requester.Kind, Requester.Id).ToLink())
            .Append("policy:" + PolicyId);
}
