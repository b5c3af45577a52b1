using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Approvals;
using CodeSigning.Identities;
using Xunit;
using static CodeSigning.Grains.Tests.Approvals.RequestExample;
using static CodeSigning.Grains.Tests.Policies.PolicyExample;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>How votes make and end a request.</summary>
public sealed class RequestMachineTests
{
    private static readonly RequestFacts Everybody = Facts("ann", "bob", "cyd", "rae");

    [Fact]
    public void Last_vote_approves()
    {
        var once = Pending(Step(2, "ann", "bob", "cyd")).ApprovedBy("ann", Everybody);
        Assert.Equal(RequestStatus.Pending, once.Status);
        var twice = once.ApprovedBy("bob", Everybody);
        Assert.Equal((RequestStatus.Approved, 1, Now.AddMinutes(1)), (twice.Status, twice.CurrentStep, twice.DecidedAt));
    }

    [Fact]
    public void Votes_count_only_in_the_current_step()
    {
        var request = Pending(Step(1, "ann"), Step(1, "bob"));
        Refuses(ErrorCode.Forbidden, () => request.ApprovedBy("bob", Everybody));
        var first = request.ApprovedBy("ann", Everybody);
        Assert.Equal(1, first.CurrentStep);
        Refuses(ErrorCode.Forbidden, () => first.ApprovedBy("ann", Everybody));
        Assert.Equal(RequestStatus.Approved, first.ApprovedBy("bob", Everybody).Status);
    }

    [Fact]
    public void Requester_cannot_approve_its_own_request() =>
        Refuses(ErrorCode.SelfApproval, () => Pending(Step(1, "rae", "ann")).ApprovedBy("rae", Everybody));

    [Fact]
    public void Person_cannot_approve_for_an_identity_they_control()
    {
        var facts = Everybody with { Excluded = ["idn_ci", "ann"] };
        Refuses(ErrorCode.SelfApproval, () => Pending(Step(1, "ann", "bob")).ApprovedBy("ann", facts));
        Assert.Equal(RequestStatus.Approved, Pending(Step(1, "ann", "bob")).ApprovedBy("bob", facts).Status);
    }

    [Fact]
    public void Machine_identity_never_votes() => Refuses(
        ErrorCode.Forbidden,
        () => RequestMachine.Approve(
            Pending(Step(1, "ann")), Everybody, new Actor(PrincipalKind.Identity, "ann", "ann"), null, Now));

    [Fact]
    public void Stranger_does_not_vote() =>
        Refuses(ErrorCode.Forbidden, () => Pending(Step(1, "ann")).ApprovedBy("bob", Everybody));

    [Fact]
    public void Person_in_two_groups_has_one_vote_in_a_step()
    {
        var facts = Everybody.WithGroup("grp_a", "ann", "bob").WithGroup("grp_b", "ann");
        var once = Pending(Step(2, "grp_a", "grp_b")).ApprovedBy("ann", facts);
        Refuses(ErrorCode.AlreadyVoted, () => once.ApprovedBy("ann", facts));
        Assert.Equal(RequestStatus.Approved, once.ApprovedBy("bob", facts).Status);
    }

    [Fact]
    public void Person_votes_in_two_steps_unless_distinct_approvers_are_required()
    {
        var request = Pending(Step(1, "ann"), Step(1, "ann", "bob"));
        Assert.Equal(RequestStatus.Approved, request.ApprovedBy("ann", Everybody).ApprovedBy("ann", Everybody).Status);
        var distinct = request with { Policy = request.Policy with { DistinctApproversAcrossSteps = true } };
        var once = distinct.ApprovedBy("ann", Everybody);
        Refuses(ErrorCode.AlreadyVoted, () => once.ApprovedBy("ann", Everybody));
        Assert.Equal(RequestStatus.Approved, once.ApprovedBy("bob", Everybody).Status);
    }

    [Fact]
    public void Vote_of_a_disabled_person_does_not_count()
    {
        var once = Pending(Step(2, "ann", "bob", "cyd")).ApprovedBy("ann", Everybody);
        var twice = once.ApprovedBy("bob", Everybody.Without("ann"));
        Assert.Equal(RequestStatus.Pending, twice.Status);
        Assert.Equal(RequestStatus.Approved, twice.ApprovedBy("cyd", Everybody.Without("ann")).Status);
    }

    [Fact]
    public void Vote_of_a_former_group_member_does_not_count()
    {
        var request = Pending(Step(2, "grp_a"));
        var once = request.ApprovedBy("ann", Everybody.WithGroup("grp_a", "ann", "bob"));
        var without = Everybody.WithGroup("grp_a", "bob", "cyd");
        Assert.Equal(RequestStatus.Pending, once.ApprovedBy("bob", without).Status);
    }

    [Fact]
    public void Complete_step_reopens_once_its_approver_is_disabled()
    {
        var first = Pending(Step(1, "ann", "cyd"), Step(1, "bob")).ApprovedBy("ann", Everybody);
        var withoutAnn = Everybody.Without("ann");
        Refuses(ErrorCode.Forbidden, () => first.ApprovedBy("bob", withoutAnn));
        var again = first.ApprovedBy("cyd", withoutAnn);
        Assert.Equal(RequestStatus.Approved, again.ApprovedBy("bob", withoutAnn).Status);
    }

    [Fact]
    public void Uncounted_vote_stays_uncounted_and_may_be_cast_again()
    {
        var twice = Pending(Step(2, "ann", "bob"))
            .ApprovedBy("ann", Everybody)
            .ApprovedBy("bob", Everybody.Without("ann"));
        Assert.Equal(0, RequestTally.Of(twice, Everybody).CurrentStep);
        Assert.Equal(RequestStatus.Approved, twice.ApprovedBy("ann", Everybody).Status);
    }

    [Fact]
    public void One_rejection_with_comment_ends_the_request()
    {
        var request = Pending(Step(2, "ann", "bob")).ApprovedBy("ann", Everybody);
        Refuses(ErrorCode.InvalidRequest, () => RequestMachine.Reject(request, Everybody, Person("bob"), " ", Now));
        var rejected = RequestMachine.Reject(request, Everybody, Person("bob"), "not today", Now);
        Assert.Equal((RequestStatus.Rejected, Now), (rejected.Status, rejected.DecidedAt));
        Assert.Equal("not today", rejected.Ballots[^1].Comment);
    }

    [Theory]
    [InlineData(RequestStatus.Approved)]
    [InlineData(RequestStatus.Rejected)]
    [InlineData(RequestStatus.Expired)]
    [InlineData(RequestStatus.Cancelled)]
    public void Ended_request_never_changes(RequestStatus status)
    {
        var ended = Pending(Step(1, "ann")).End(status, Now);
        Refuses(ErrorCode.WrongState, () => ended.ApprovedBy("ann", Everybody));
        Refuses(ErrorCode.WrongState, () => RequestMachine.Reject(ended, Everybody, Person("ann"), "no", Now));
        Refuses(ErrorCode.WrongState, () => RequestMachine.Cancel(ended, Now));
        Assert.Null(RequestMachine.Expire(ended, Now.AddYears(1)));
    }

    [Fact]
    public void Request_expires_exactly_at_its_end()
    {
        var request = Pending(Step(1, "ann"));
        var before = request.ExpiresAt.AddTicks(-1);
        Assert.Equal(RequestStatus.Approved, RequestMachine.Approve(request, Everybody, Person("ann"), null, before).Status);
        Assert.Null(RequestMachine.Expire(request, before));
        Refuses(
            ErrorCode.WrongState, () => RequestMachine.Approve(request, Everybody, Person("ann"), null, request.ExpiresAt));
        Assert.Equal(RequestStatus.Expired, request.StatusAt(request.ExpiresAt));
        Assert.Equal(request.ExpiresAt, RequestMachine.Expire(request, request.ExpiresAt.AddDays(1))!.DecidedAt);
    }

    [Fact]
    public void Grant_begins_with_the_approval_and_belongs_to_the_requester()
    {
        var approved = Pending(Step(1, "ann")).ApprovedBy("ann", Everybody);
        var grant = RequestMachine.ToGrant(approved, new PrincipalRef(PrincipalKind.User, "ann"), approved.DecidedAt!.Value);
        Assert.Equal("gnt_01k9xxxxxxxxxxxxxxxxxxxxxx", grant.Id);
        Assert.Equal(new PrincipalRef(PrincipalKind.User, "rae"), grant.Grantee);
        Assert.Equal((Now.AddMinutes(1), Now.AddMinutes(1).AddHours(4)), (grant.WindowStart, grant.WindowEnd));
        Assert.Equal((10L, "thumbprint", approved.Id), (grant.MaxSignings, grant.CertificateThumbprint, grant.RequestId));
    }

    [Fact]
    public void Request_with_too_few_remaining_approvers_cannot_be_filled()
    {
        var request = Pending(Step(2, "ann", "bob"), Step(1, "cyd"));
        Assert.True(RequestTally.Of(request, Everybody).CanBeFilled);
        Assert.False(RequestTally.Of(request, Everybody.Without("ann")).CanBeFilled);
        Assert.False(RequestTally.Of(request, Everybody.Without("cyd")).CanBeFilled);
        Assert.False(RequestTally.Of(request with { Policy = request.Policy with { Steps = [Step(1, "rae")] } }, Everybody).CanBeFilled);
    }

    [Fact]
    public void Steps_with_votes_need_only_the_missing_approvers()
    {
        var once = Pending(Step(2, "ann", "bob")).ApprovedBy("ann", Everybody);
        Assert.True(RequestTally.Of(once, Everybody).CanBeFilled);
        Assert.False(RequestTally.Of(once, Everybody.Without("bob")).CanBeFilled);
    }

    [Fact]
    public void Approval_read_set_includes_the_approvers_and_their_groups()
    {
        var facts = Everybody.WithGroup("grp_a", "ann");
        var approved = Pending(Step(2, "grp_a", "bob")).ApprovedBy("ann", facts).ApprovedBy("bob", facts);
        Assert.Equal(
            ["user/ann@1", "group/grp_a@1", "user/bob@1"],
            RequestTally.Of(approved, facts).ReadSetOf(approved, facts).Select(version => version.ToString()));
    }

    [Fact]
    public void View_shows_which_votes_count()
    {
        var once = Pending(Step(2, "ann", "bob")).ApprovedBy("ann", Everybody);
        Assert.True(once.ToView(Everybody, Now).Steps[0].Votes[0].Counts);
        var view = once.ToView(Everybody.Without("ann"), Now);
        Assert.False(view.Steps[0].Votes[0].Counts);
        Assert.True(view.IsUnreachable);
        Assert.Equal(RequestStatus.Expired, once.ToView(Everybody, once.ExpiresAt).Status);
    }

    private static void Refuses(ErrorCode code, Func<object> act) =>
        Assert.Equal(code, Assert.Throws<RefusedException>(act).Code);
}
