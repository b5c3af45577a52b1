using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Contract;
using CodeSigning.Grains.Approvals;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Grains.Tests.Policies;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>A request of <c>rae</c>'s and the people who may decide it, in few words.</summary>
internal static class RequestExample
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static ApprovalRequestState Pending(params ImmutableArray<ApprovalStep> steps) => new()
    {
        Id = "req_01k9xxxxxxxxxxxxxxxxxxxxxx",
        Kind = RequestKind.Signing,
        Status = RequestStatus.Pending,
        SignerId = "sgn_1",
        SignerName = "release",
        PolicyId = "pol_1",
        Policy = PolicyExample.Plain with { Steps = steps },
        Requester = Person("rae"),
        Justification = "release 1.2",
        RequestedSignings = 10,
        WindowDuration = TimeSpan.FromHours(4),
        CertificateThumbprint = "thumbprint",
        CreatedAt = Now,
        ExpiresAt = Now.AddDays(1),
    };

    public static Actor Person(string name) => new(PrincipalKind.User, name, name);

    /// <summary>All these people are active.</summary>
    public static RequestFacts Facts(params IEnumerable<string> people) => new(
        new ApproverFacts(
            people.ToImmutableDictionary(
                name => name,
                name => new PrincipalFacts(new StateVersion(StateTypes.User, name, 1), name, PrincipalStatus.Active)),
            ImmutableDictionary<string, GroupFacts>.Empty),
        new PrincipalFacts(new StateVersion(StateTypes.User, "rae", 1), "rae", PrincipalStatus.Active),
        ["rae"],
        []);

    /// <summary>With a group of these people.</summary>
    public static RequestFacts WithGroup(this RequestFacts facts, string group, params IEnumerable<string> people) => facts with
    {
        Approvers = facts.Approvers with
        {
            Groups = facts.Approvers.Groups.SetItem(
                group,
                new GroupFacts(
                    new StateVersion(StateTypes.Group, group, 1),
                    [.. people.Select(name => new PrincipalRef(PrincipalKind.User, name))])),
        },
    };

    /// <summary>With somebody who was disabled.</summary>
    public static RequestFacts Without(this RequestFacts facts, string name) => facts with
    {
        Approvers = facts.Approvers with
        {
            Users = facts.Approvers.Users.SetItem(
                name, facts.Approvers.Users[name] with { Status = PrincipalStatus.Disabled }),
        },
    };

    public static ApprovalRequestState ApprovedBy(this ApprovalRequestState request, string name, RequestFacts facts) =>
        RequestMachine.Approve(request, facts, Person(name), null, Now.AddMinutes(1));
}
