using System.Collections.Immutable;
using CodeSigning.Grains.Approvals;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>Whether there are people enough.</summary>
public sealed class ReachabilityTests
{
    private static readonly string[] People = ["ann", "bob", "cyd", "dan", "eve"];

    [Fact]
    public void Step_leaves_the_only_approver_to_the_other_step() =>
        Assert.True(Reachability.CanFillTogether([Open(1, "ann", "bob"), Open(1, "ann")]));

    [Fact]
    public void One_person_cannot_fill_two_steps_requiring_distinct_approvers()
    {
        OpenStep[] steps = [Open(1, "ann"), Open(1, "ann")];
        Assert.False(Reachability.CanFillTogether(steps));
        Assert.True(Reachability.CanFillEach(steps));
    }

    [Fact]
    public void Step_without_approvers_is_filled_only_if_none_are_required()
    {
        Assert.False(Reachability.CanFillEach([Open(1)]));
        Assert.True(Reachability.CanFillEach([Open(0)]));
        Assert.True(Reachability.CanFillTogether([]));
    }

    [Fact]
    public void Matching_is_found_whenever_exhaustive_search_finds_one() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(3000),
        Prop.ForAll(
            (from candidates in Gen.SubListOf(People)
             from required in Gen.Choose(0, 3)
             select Open(required, [.. candidates])).ListOf().ToArbitrary(),
            steps =>
            {
                OpenStep[] some = [.. steps.Take(4)];
                Assert.Equal(TryEverything(some, 0, []), Reachability.CanFillTogether(some));
            }));

    private static OpenStep Open(int required, params ImmutableHashSet<string> candidates) => new(required, candidates);

    private static bool TryEverything(OpenStep[] steps, int step, ImmutableHashSet<string> used)
    {
        if (step == steps.Length)
        {
            return true;
        }

        var (required, candidates) = steps[step];
        var free = candidates.Except(used).ToArray();
        return Enumerable.Range(0, 1 << free.Length)
            .Where(bits => int.PopCount(bits) == required)
            .Any(bits => TryEverything(steps, step + 1, used.Union(free.Where((_, i) => (bits & (1 << i)) != 0))));
    }
}
