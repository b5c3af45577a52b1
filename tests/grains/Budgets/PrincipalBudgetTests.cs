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
    public void Rested_budget_is_full_again()
    {
        Assert.Equal(20, Spend("ann", 100));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(20, Spend("ann", 100));
    }

    [Fact]
    public void Spent_budget_refills_at_its_rate()
    {
        Spend("ann", 20);
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(3, Spend("ann", 100));
    }

    [Fact]
    public void Spent_budget_names_the_wait()
    {
        Spend("ann", 20);
        Assert.False(_budget.TrySpend("ann", out var wait));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);
        _time.Advance(wait);
        Assert.True(_budget.TrySpend("ann", out _));
    }

    [Fact]
    public void Reservations_queue_within_the_maximum_wait()
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
    public void Principals_have_separate_budgets() => Assert.Equal((20, 20), (Spend("ann", 100), Spend("bob", 100)));

    [Fact]
    public void Full_budgets_are_forgotten()
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
