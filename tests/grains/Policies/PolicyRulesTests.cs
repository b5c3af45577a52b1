using CodeSigning.Errors;
using CodeSigning.Grains.Policies;
using CodeSigning.Identities;
using CodeSigning.Policies;
using Xunit;
using static CodeSigning.Grains.Tests.Policies.PolicyExample;

namespace CodeSigning.Grains.Tests.Policies;

public sealed class PolicyRulesTests
{
    [Fact]
    public void Policy_without_a_constraint_is_refused() =>
        Refuses(ErrorCode.NoConstraint, Plain with { Constraints = new PolicyConstraints() });

    [Theory]
    [InlineData("4h", null)]
    [InlineData(null, 1L)]
    [InlineData("1d", 1_000_000_000L)]
    public void One_constraint_is_enough(string? window, long? signings) =>
        Assert.Equal(
            new PolicyConstraints(window, signings),
            PolicyRules.Normalise(Plain with { Constraints = new PolicyConstraints(window, signings) }).Constraints);

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(1_000_000_001L)]
    public void Number_of_signatures_is_between_one_and_a_billion(long signings) =>
        Refuses(ErrorCode.InvalidRequest, Plain with { Constraints = new PolicyConstraints(MaxSignings: signings) });

    [Theory]
    [InlineData("")]
    [InlineData("0h")]
    [InlineData("4 h")]
    [InlineData("4w")]
    [InlineData("-4h")]
    [InlineData("3651d")]
    [InlineData("99999999999999h")]
    public void Duration_must_have_the_contracts_form(string text)
    {
        Refuses(ErrorCode.InvalidRequest, Plain with { Constraints = new PolicyConstraints(text) });
        Refuses(ErrorCode.InvalidRequest, Plain with { MaxRequestTtl = text });
    }

    [Fact]
    public void Durations_are_stored_in_their_shortest_spelling()
    {
        var normal = PolicyRules.Normalise(
            Plain with { Constraints = new PolicyConstraints("240m"), MaxRequestTtl = "86400s" });
        Assert.Equal("4h", normal.Constraints.MaxWindowDuration);
        Assert.Equal("1d", normal.MaxRequestTtl);
    }

    [Fact]
    public void Request_expires_after_a_week_by_default() =>
        Assert.Equal("7d", PolicyRules.Normalise(Plain with { MaxRequestTtl = null }).MaxRequestTtl);

    [Fact]
    public void Policy_has_one_to_ten_steps()
    {
        Refuses(ErrorCode.InvalidRequest, Plain.With());
        Refuses(ErrorCode.InvalidRequest, Plain with { Steps = default });
        Refuses(ErrorCode.InvalidRequest, Plain with { Steps = [.. Enumerable.Repeat(Step(1, "ann"), 11)] });
        Assert.Equal(10, PolicyRules.Normalise(Plain with { Steps = [.. Enumerable.Repeat(Step(1, "ann"), 10)] }).Steps.Length);
    }

    [Fact]
    public void Step_has_one_to_fifty_approvers()
    {
        var many = Enumerable.Range(0, 51).Select(i => $"usr_{i}").ToArray();
        Refuses(ErrorCode.InvalidRequest, Plain.With(Step(1)));
        Refuses(ErrorCode.InvalidRequest, Plain.With(new ApprovalStep(default, 1)));
        Refuses(ErrorCode.InvalidRequest, Plain.With(Step(1, many)));
        Assert.Equal(50, PolicyRules.Normalise(Plain.With(Step(1, many.AsSpan(0, 50)))).Steps[0].Approvers.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(51)]
    public void Step_requires_at_least_one_approval(int required) =>
        Refuses(ErrorCode.InvalidRequest, Plain.With(Step(required, "ann")));

    [Theory]
    [InlineData(PrincipalKind.Identity)]
    [InlineData(PrincipalKind.System)]
    public void Only_people_and_groups_approve(PrincipalKind kind) =>
        Refuses(ErrorCode.InvalidRequest, Plain.With(new ApprovalStep([new PrincipalRef(kind, "x")], 1)));

    [Fact]
    public void Approver_named_twice_counts_once() =>
        Assert.Equal<PrincipalRef>(Step(2, "ann", "bob").Approvers, PolicyRules.Normalise(Plain.With(Step(2, "ann", "bob", "ann"))).Steps[0].Approvers);

    [Theory]
    [InlineData("")]
    [InlineData(" release")]
    [InlineData("re\u0007lease")]
    [InlineData("re\u202Elease")]
    public void Names_must_be_visible_text(string name)
    {
        Refuses(ErrorCode.InvalidRequest, Plain with { Name = name });
        Refuses(ErrorCode.InvalidRequest, Plain.With(Step(1, "ann") with { Name = name }));
    }

    private static void Refuses(ErrorCode code, PolicyDefinition definition) =>
        Assert.Equal(code, Assert.Throws<RefusedException>(() => PolicyRules.Normalise(definition)).Code);
}
