using System.Collections.Immutable;
using CodeSigning.Grains.Policies;
using CodeSigning.Identities;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Tests.Policies;

/// <summary>Policies in few words.</summary>
internal static class PolicyExample
{
    /// <summary>One step, one approval, ten signatures within four hours.</summary>
    public static PolicyDefinition Plain { get; } = PolicyRules.Normalise(
        new PolicyDefinition("release", new PolicyConstraints("4h", 10), [Step(1, "ann", "bob")], "1d"));

    /// <summary>A step; names that begin with <c>grp_</c> are groups.</summary>
    public static ApprovalStep Step(int required, params ReadOnlySpan<string> approvers)
    {
        var refs = ImmutableArray.CreateBuilder<PrincipalRef>();
        foreach (var approver in approvers)
        {
            refs.Add(new PrincipalRef(
                approver.StartsWith("grp_", StringComparison.Ordinal) ? PrincipalKind.Group : PrincipalKind.User, approver));
        }

        return new ApprovalStep(refs.ToImmutable(), required);
    }

    /// <summary>Other steps.</summary>
    public static PolicyDefinition With(this PolicyDefinition policy, params ImmutableArray<ApprovalStep> steps) =>
        policy with { Steps = steps };
}
