using System.Collections.Immutable;
using CodeSigning.Grains.Policies;
using CodeSigning.Policies;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static CodeSigning.Grains.Tests.Policies.PolicyExample;

namespace CodeSigning.Grains.Tests.Policies;

/// <summary>What counts as loosening a policy.</summary>
public sealed class PolicyComparisonTests
{
    private static readonly string[] People = ["ann", "bob", "cyd", "dan"];

    public static TheoryData<string, PolicyDefinition, PolicyDefinition> Looser => new()
    {
        { "a longer window", Plain, Plain with { Constraints = new PolicyConstraints("5h", 10) } },
        { "no window", Plain, Plain with { Constraints = new PolicyConstraints(null, 10) } },
        { "more signatures", Plain, Plain with { Constraints = new PolicyConstraints("4h", 11) } },
        { "any number of signatures", Plain, Plain with { Constraints = new PolicyConstraints("4h") } },
        { "requests that wait longer", Plain, Plain with { MaxRequestTtl = "2d" } },
        { "a bypass", Plain, Plain with { BypassForMachineIdentities = true } },
        { "no second factor", Plain with { SecondFactorWithin = "15m" }, Plain },
        { "an older second factor", Plain with { SecondFactorWithin = "15m" }, Plain with { SecondFactorWithin = "16m" } },
        { "the same people in each step", Plain with { DistinctApproversAcrossSteps = true }, Plain },
        { "fewer approvals", Plain.With(Step(2, "ann", "bob")), Plain },
        { "another approver", Plain, Plain.With(Step(1, "ann", "bob", "cyd")) },
        { "other approvers", Plain, Plain.With(Step(1, "cyd")) },
        { "a group in the place of a person", Plain, Plain.With(Step(1, "grp_a")) },
        { "a person in the place of a group", Plain.With(Step(1, "grp_a")), Plain.With(Step(1, "ann")) },
        { "a step less", Plain.With(Step(1, "ann"), Step(1, "bob")), Plain.With(Step(1, "ann")) },
        { "another order", Plain.With(Step(1, "ann"), Step(1, "bob")), Plain.With(Step(1, "bob"), Step(1, "ann")) },
        { "two steps become one", Plain.With(Step(1, "ann", "bob"), Step(1, "ann", "bob")), Plain.With(Step(2, "ann", "bob")) },
    };

    public static TheoryData<string, PolicyDefinition, PolicyDefinition> NotLooser => new()
    {
        { "the same", Plain, Plain },
        { "another name", Plain, Plain with { Name = "other" } },
        { "a shorter window", Plain, Plain with { Constraints = new PolicyConstraints("3h", 10) } },
        { "the window spelled otherwise", Plain, Plain with { Constraints = new PolicyConstraints("240m", 10) } },
        { "a window where there was none", Plain with { Constraints = new PolicyConstraints(null, 10) }, Plain },
        { "fewer signatures", Plain, Plain with { Constraints = new PolicyConstraints("4h", 9) } },
        { "requests that wait shorter", Plain, Plain with { MaxRequestTtl = "1h" } },
        { "no bypass", Plain with { BypassForMachineIdentities = true }, Plain },
        { "a second factor", Plain, Plain with { SecondFactorWithin = "1d" } },
        { "a fresher second factor", Plain with { SecondFactorWithin = "1h" }, Plain with { SecondFactorWithin = "60s" } },
        { "the second factor spelled otherwise", Plain with { SecondFactorWithin = "1h" }, Plain with { SecondFactorWithin = "60m" } },
        { "different people", Plain, Plain with { DistinctApproversAcrossSteps = true } },
        { "more approvals", Plain, Plain.With(Step(2, "ann", "bob")) },
        { "an approver less", Plain, Plain.With(Step(1, "bob")) },
        { "the approvers in another order", Plain, Plain.With(Step(1, "bob", "ann")) },
        { "a step more", Plain, Plain.With(Step(1, "cyd"), Step(1, "ann", "bob")) },
        { "a step more at the end", Plain, Plain.With(Step(1, "ann", "bob"), Step(1, "cyd")) },
    };

    [Theory]
    [MemberData(nameof(Looser))]
    public void Edit_that_loosens_is_recognized(string what, PolicyDefinition current, PolicyDefinition next) =>
        Assert.True(PolicyComparison.AllowsMore(current, next), what);

    [Theory]
    [MemberData(nameof(NotLooser))]
    public void Edit_that_does_not_loosen_is_recognized(string what, PolicyDefinition current, PolicyDefinition next) =>
        Assert.False(PolicyComparison.AllowsMore(current, next), what);

    [Fact]
    public void Satisfying_a_policy_that_is_not_looser_satisfies_its_predecessor() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(3000),
        Prop.ForAll(Policies.Two().ToArbitrary(), pair =>
        {
            var (current, next) = pair;
            if (PolicyComparison.AllowsMore(current, next))
            {
                return;
            }

            foreach (var willing in Subsets(People))
            {
                Assert.True(!CanSatisfy(next, willing) || CanSatisfy(current, willing));
            }
        }));

    [Fact]
    public void Two_edits_that_do_not_loosen_never_loosen_together() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(3000),
        Prop.ForAll(Policies.Three().ToArbitrary(), three =>
        {
            var (first, second, third) = three;
            Assert.False(
                !PolicyComparison.AllowsMore(first, second)
                && !PolicyComparison.AllowsMore(second, third)
                && PolicyComparison.AllowsMore(first, third));
        }));

    /// <summary>Few people and small steps, so that one is often stricter than the other.</summary>
    private static Gen<PolicyDefinition> Policies =>
        from steps in (
            from approvers in Gen.SubListOf(People).Where(some => some.Count > 0)
            from required in Gen.Choose(1, 2)
            select Step(required, [.. approvers])).NonEmptyListOf()
        from distinct in Gen.Elements(true, false)
        from signings in Gen.Choose(1, 2)
        select Plain with
        {
            Steps = [.. steps.Take(3)],
            DistinctApproversAcrossSteps = distinct,
            Constraints = new PolicyConstraints(null, signings),
        };

    /// <summary>By trying every choice of people for every step.</summary>
    private static bool CanSatisfy(PolicyDefinition policy, ImmutableHashSet<string> willing) =>
        CanSatisfy(policy, willing, 0, []);

    private static bool CanSatisfy(
        PolicyDefinition policy, ImmutableHashSet<string> willing, int step, ImmutableHashSet<string> used) =>
        step == policy.Steps.Length
        || Subsets([.. policy.Steps[step].Approvers.Select(approver => approver.Id).Where(willing.Contains)])
            .Where(chosen => chosen.Count == policy.Steps[step].RequiredApprovals)
            .Where(chosen => !policy.DistinctApproversAcrossSteps || !chosen.Overlaps(used))
            .Any(chosen => CanSatisfy(policy, willing, step + 1, used.Union(chosen)));

    private static IEnumerable<ImmutableHashSet<string>> Subsets(string[] people) =>
        Enumerable.Range(0, 1 << people.Length)
            .Select(bits => people.Where((_, i) => (bits & (1 << i)) != 0).ToImmutableHashSet());
}
