using System.Collections.Immutable;

namespace CodeSigning.Grains.Tests.Approvals.Model;

/// <summary>What the policy may say, in the model's words. A request waits for an hour under each.</summary>
/// <param name="Signings">The most signatures.</param>
/// <param name="Hours">The longest window; null for none.</param>
/// <param name="Distinct">Different people in each step.</param>
/// <param name="Steps">The steps.</param>
internal sealed record Variant(int Signings, int? Hours, bool Distinct, params ImmutableArray<VariantStep> Steps);

/// <summary>A step of it.</summary>
/// <param name="Required">How many must approve.</param>
/// <param name="Team">Whether the team may.</param>
/// <param name="Cyd">Whether Cyd may.</param>
internal sealed record VariantStep(int Required, bool Team, bool Cyd);

/// <summary>All of them.</summary>
internal static class Variants
{
    private static readonly VariantStep OneOfTeam = new(1, Team: true, Cyd: false);
    private static readonly VariantStep OneOfAll = new(1, Team: true, Cyd: true);
    private static readonly VariantStep TwoOfAll = new(2, Team: true, Cyd: true);
    private static readonly VariantStep Cyd = new(1, Team: false, Cyd: true);

    private static readonly ImmutableArray<Variant> All =
    [
        new(3, 4, false, OneOfTeam),
        new(3, 4, false, OneOfTeam, Cyd),
        new(2, 4, false, TwoOfAll),
        new(3, 2, true, OneOfAll, OneOfAll),
        new(2, null, false, OneOfAll),
        new(4, 4, true, TwoOfAll, OneOfTeam),
    ];

    public static int Count => All.Length;

    public static Variant Get(int variant) => All[variant];
}
