using CodeSigning.Grains.Budgets;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Grains.Tests.Budgets;

public sealed class PrincipalBudgetTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly PrincipalBudget _budget;

    public PrincipalBudgetTests() => _budget = new PrincipalBudget(new BudgetRule(20, 10), _time);

    [Fact]
    public void After_a_rest_all_of_it_is_there_at_once()
    {
        Assert.Equal(20, Spend("ann", 100));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(20, Spend("ann", 100));
    }

    [Fact]
    public void What_is_spent_comes_back_at_its_rate()
    {
        Spend("ann", 20);
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(3, Spend("ann", 100));
    }

    [Fact]
    public void Who_has_spent_it_is_told_how_long_to_wait()
    {
        Spend("ann", 20);
        Assert.False(_budget.TrySpend("ann", out var wait));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);
        _time.Advance(wait);
        Assert.True(_budget.TrySpend("ann", out _));
    }

    [Fact]
    public void Who_waits_for_it_takes_a_turn_and_no_more_than_patience_allows()
    {
        Spend("ann", 20);
        var waits = new List<double>();
        while (_budget.TryReserve("ann", TimeSpan.FromSeconds(1), out var wait))
        {
            waits.Add(wait.TotalMilliseconds);
        }

        Assert.Equal([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000], waits);
    }

    [Fact]
    public void Nobody_spends_anothers() => Assert.Equal((20, 20), (Spend("ann", 100), Spend("bob", 100)));

    [Fact]
    public void Who_has_rested_is_forgotten()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Spend($"user{i}", 1);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(_budget.Remembered, 1, 1100);
    }

    private int Spend(string principalId, int most) => Enumerable.Range(0, most).Count(attempt => _budget.TrySpend(principalId, out var wait));
}
