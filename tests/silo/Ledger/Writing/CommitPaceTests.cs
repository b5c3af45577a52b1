using CodeSigning.Silo.Ledger.Writing;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Writing;

/// <summary>How many elements a commit leaves over for the processors.</summary>
public sealed class CommitPaceTests
{
    private readonly CommitPace _pace = new();
    private long _now = 1;

    [Fact]
    public void First_commit_leaves_nothing_over()
    {
        Commit(elements: 64, gathering: 100, commit: 10);

        Assert.Equal(0, _pace.ElementsDuringCommit);
    }

    [Fact]
    public void Twice_what_arrives_during_a_commit_is_left_over()
    {
        Repeat(() => Commit(elements: 60, gathering: 90, commit: 10));

        Assert.InRange(_pace.ElementsDuringCommit, 12 - 1, 12);
    }

    [Fact]
    public void No_more_than_a_batch_is_left_over()
    {
        Repeat(() => Commit(elements: 10, gathering: 1, commit: 99));

        Assert.InRange(_pace.ElementsDuringCommit, 10 - 1, 10);
    }

    [Fact]
    public void One_slow_commit_changes_a_quarter()
    {
        Repeat(() => Commit(elements: 60, gathering: 90, commit: 10));

        Commit(elements: 60, gathering: 0, commit: 100);

        Assert.InRange(_pace.ElementsDuringCommit, 24 - 1, 24);
    }

    [Fact]
    public void Lone_callers_leave_nothing_over()
    {
        Repeat(() => Commit(elements: 60, gathering: 90, commit: 10));

        Repeat(() => Commit(elements: 1, gathering: 1000, commit: 10));

        Assert.Equal(0, _pace.ElementsDuringCommit);
    }

    private void Commit(int elements, long gathering, long commit)
    {
        var began = _now + gathering;
        _now = began + commit;
        _pace.Committed(elements, began, _now);
    }

    private static void Repeat(Action commit)
    {
        for (var i = 0; i < 40; i++)
        {
            commit();
        }
    }
}
