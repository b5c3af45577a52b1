using CodeSigning.Approvals;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>
/// What should come of each act, in the plainest words: lists, loops and trying everything. It knows no versions, no
/// stores and no reminders. Where an act is refused it gives the code, else null.
/// </summary>
internal sealed class ReferenceModel(Func<Variant, Variant, bool> allowsMore)
{
    private readonly bool[] _active = [.. Enumerable.Repeat(true, Cast.Size)];
    private readonly bool[] _inTeam = [true, true, false];
    private Variant _policy = Variants.Get(0);
    private bool _guarded;
    private ModelRequest? _awaited;

    public List<ModelRequest> Requests { get; } = [];

    public List<ModelGrant> Grants { get; } = [];

    /// <summary>Whether the last edit waits for its request.</summary>
    public bool AwaitsEdit => _awaited is not null;

    public bool IsActive(int who) => _active[who];

    public bool IsInTeam(int who) => _inTeam[who];

    public void Enable(int who, bool active) => _active[who] = active;

    public void Move(int who, bool into) => _inTeam[who] = into;

    public ErrorCode? Ask(int who, int? signings, int? hours, DateTimeOffset now)
    {
        if (!_active[who])
        {
            return ErrorCode.Unauthenticated;
        }

        if (signings > _policy.Signings || hours > _policy.Hours)
        {
            return ErrorCode.PolicyLimitExceeded;
        }

        var request = new ModelRequest
        {
            Requester = who,
            Policy = _policy,
            ExpiresAt = now.AddHours(1),
            Signings = signings ?? _policy.Signings,
            Hours = hours ?? _policy.Hours,
        };
        return Open(request);
    }

    public ErrorCode? Edit(int variant, DateTimeOffset now)
    {
        if (!_active[Cast.Administrator])
        {
            return ErrorCode.Unauthenticated;
        }

        var next = Variants.Get(variant);
        if (!CanFill(next, [], null))
        {
            return ErrorCode.UnreachableApproval;
        }

        if (!_guarded || !allowsMore(_policy, next))
        {
            Await(null, now);
            _policy = next;
            return null;
        }

        if (_awaited?.At(now) == RequestStatus.Pending && _awaited.Edit == variant && !allowsMore(_policy, _awaited.Policy))
        {
            return null;
        }

        var request = new ModelRequest
        {
            Requester = Cast.Administrator,
            Policy = _policy,
            ExpiresAt = now.AddHours(1),
            Edit = variant,
        };
        if (Open(request) is { } code)
        {
            return code;
        }

        Await(request, now);
        return null;
    }

    public ErrorCode? Vote(int who, ModelRequest request, bool approves, string? grantId, DateTimeOffset now)
    {
        if (Look(who, request) is { } hidden)
        {
            return hidden;
        }

        if (request.At(now) != RequestStatus.Pending)
        {
            return ErrorCode.WrongState;
        }

        if (who == Cast.Machine)
        {
            return ErrorCode.Forbidden;
        }

        if (IsOwn(who, request))
        {
            return ErrorCode.SelfApproval;
        }

        var votes = request.Votes.Where(vote => Counts(vote, request)).ToList();
        var step = CurrentStep(request, votes);
        if (!MayApprove(who, request.Policy.Steps[step]))
        {
            return ErrorCode.Forbidden;
        }

        if (votes.Any(vote => vote.Who == who && (request.Policy.Distinct || vote.Step == step)))
        {
            return ErrorCode.AlreadyVoted;
        }

        if (!approves)
        {
            (request.Votes, request.Ended) = (votes, RequestStatus.Rejected);
            request.Voters.Add(who);
            return null;
        }

        votes.Add((step, who));
        var isLast = CurrentStep(request, votes) == request.Policy.Steps.Length;
        if (isLast && !MayBeGiven(request))
        {
            return ErrorCode.WrongState;
        }

        request.Votes = votes;
        request.Voters.Add(who);
        if (isLast)
        {
            Give(request, grantId!, now);
        }

        return null;
    }

    public ErrorCode? Cancel(int who, ModelRequest request, DateTimeOffset now)
    {
        if (Look(who, request) is { } hidden)
        {
            return hidden;
        }

        if (request.At(now) != RequestStatus.Pending)
        {
            return ErrorCode.WrongState;
        }

        if (who != request.Requester && !Cast.IsProductAdministrator(who))
        {
            return ErrorCode.Forbidden;
        }

        request.Ended = RequestStatus.Cancelled;
        return null;
    }

    public ErrorCode? Revoke(ModelGrant grant, DateTimeOffset now)
    {
        if (!_active[Cast.Administrator])
        {
            return ErrorCode.Unauthenticated;
        }

        if (grant.Problem(now) is not null)
        {
            return ErrorCode.WrongState;
        }

        grant.IsRevoked = true;
        return null;
    }

    /// <summary>The grant that serves, or the reasons that may be given why none does.</summary>
    public (ModelGrant? Grant, IReadOnlyCollection<ErrorCode> Reasons) Sign(int who, DateTimeOffset now)
    {
        if (!_active[who])
        {
            return (null, [ErrorCode.Unauthenticated]);
        }

        var own = Grants
            .Where(grant => grant.Grantee == who)
            .OrderBy(grant => grant.End ?? DateTimeOffset.MaxValue)
            .ThenBy(grant => grant.Id, StringComparer.Ordinal)
            .ToArray();
        if (own.FirstOrDefault(grant => grant.Problem(now) is null) is not { } serving)
        {
            return (null, own.Length == 0 ? [ErrorCode.ApprovalRequired] : [.. own.Select(grant => grant.Problem(now)!.Value)]);
        }

        serving.Used++;
        return (serving, []);
    }

    /// <summary>The step that waits, and whether people are left for all that is open.</summary>
    public (int Step, bool CanBeFilled) Count(ModelRequest request)
    {
        var votes = request.Votes.Where(vote => Counts(vote, request)).ToList();
        return (CurrentStep(request, votes), CanFill(request.Policy, votes, request));
    }

    private ErrorCode? Open(ModelRequest request)
    {
        if (!CanFill(request.Policy, [], request))
        {
            return ErrorCode.UnreachableApproval;
        }

        Requests.Add(request);
        return null;
    }

    /// <summary>What waited before could not be approved any more.</summary>
    private void Await(ModelRequest? edit, DateTimeOffset now)
    {
        if (_awaited?.At(now) == RequestStatus.Pending)
        {
            _awaited.Ended = RequestStatus.Cancelled;
        }

        _awaited = edit;
    }

    private ErrorCode? Look(int who, ModelRequest request)
    {
        if (!_active[who])
        {
            return ErrorCode.Unauthenticated;
        }

        var maySee = who == request.Requester
            || request.Voters.Contains(who)
            || request.Policy.Steps.Any(step => MayApprove(who, step))
            || Cast.IsProductAdministrator(who)
            || (request.Edit is null && Cast.IsMember(who));
        return maySee ? null : ErrorCode.NotFound;
    }

    private bool MayBeGiven(ModelRequest request) =>
        _active[request.Requester]
        && (request.Edit is null || (_awaited == request && !allowsMore(_policy, request.Policy)));

    private void Give(ModelRequest request, string grantId, DateTimeOffset now)
    {
        request.Ended = RequestStatus.Approved;
        if (request.Edit is { } variant)
        {
            (_policy, _awaited) = (Variants.Get(variant), null);
            return;
        }

        _guarded = true;
        Grants.Add(new ModelGrant
        {
            Id = grantId,
            Grantee = request.Requester,
            Signings = request.Signings,
            End = request.Hours is { } hours ? now.AddHours(hours) : null,
        });
    }

    private bool MayApprove(int who, VariantStep step) => _active[who]
        && ((step.Cyd && who == Cast.Cyd) || (step.Team && who < _inTeam.Length && _inTeam[who]));

    private static bool IsOwn(int who, ModelRequest? request) =>
        who == request?.Requester || (request?.Requester == Cast.Machine && who == Cast.Ann);

    private bool Counts((int Step, int Who) vote, ModelRequest request) =>
        MayApprove(vote.Who, request.Policy.Steps[vote.Step]) && !IsOwn(vote.Who, request);

    private static int CurrentStep(ModelRequest request, List<(int Step, int Who)> votes)
    {
        var step = 0;
        while (step < request.Policy.Steps.Length
            && votes.Count(vote => vote.Step == step) >= request.Policy.Steps[step].Required)
        {
            step++;
        }

        return step;
    }

    /// <summary>By letting everybody who may vote do so in every possible way.</summary>
    private bool CanFill(Variant policy, List<(int Step, int Who)> votes, ModelRequest? request)
    {
        for (var step = 0; step < policy.Steps.Length; step++)
        {
            if (votes.Count(vote => vote.Step == step) >= policy.Steps[step].Required)
            {
                continue;
            }

            for (var who = 0; who < Cast.Size; who++)
            {
                if (MayApprove(who, policy.Steps[step])
                    && !IsOwn(who, request)
                    && !votes.Any(vote => vote.Who == who && (policy.Distinct || vote.Step == step))
                    && CanFill(policy, [.. votes, (step, who)], request))
                {
                    return true;
                }
            }

            return false;
        }

        return true;
    }
}
