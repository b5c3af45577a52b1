namespace CodeSigning.Grains.Budgets;

/// <summary>The rate limit of one principal on one node.</summary>
/// <param name="AtOnce">The burst size, at least 1.</param>
/// <param name="PerSecond">The sustained rate, above 0.</param>
public sealed record BudgetRule(int AtOnce, double PerSecond);

/// <summary>
/// Enforces a <see cref="BudgetRule"/> for each principal, in the memory of this node. Call it only for an
/// authenticated principal: otherwise strangers could spend the budget of its owner.
/// </summary>
/// <remarks>
/// Not a <c>System.Threading.RateLimiting</c> limiter, which has no <see cref="TimeProvider"/>, no fraction of a token and
/// no reservation with the time to wait.
/// </remarks>
public sealed class PrincipalBudget(BudgetRule rule, TimeProvider time)
{
    private const int LeastSwept = 1024;

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1 / rule.PerSecond);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TimeSpan> _restedAt = new(StringComparer.Ordinal);
    private readonly long _started = time.GetTimestamp();
    private int _sweepAt = LeastSwept;

    /// <summary>The number of principals whose budget is not full.</summary>
    internal int Remembered
    {
        get
        {
            lock (_lock)
            {
                return _restedAt.Count;
            }
        }
    }

    /// <summary>Takes one unit.</summary>
    /// <param name="principalId">The principal's id.</param>
    /// <param name="wait">The time until a unit is available, if none was taken.</param>
    /// <returns>Whether a unit was taken.</returns>
    public bool TrySpend(string principalId, out TimeSpan wait) => TryReserve(principalId, TimeSpan.Zero, out wait);

    /// <summary>Takes one unit that becomes available within <paramref name="patience"/>.</summary>
    /// <param name="principalId">The principal's id.</param>
    /// <param name="patience">The longest acceptable wait.</param>
    /// <param name="wait">The time to wait before using the unit; if none was taken, the time until one could be.</param>
    /// <returns>Whether a unit was taken.</returns>
    public bool TryReserve(string principalId, TimeSpan patience, out TimeSpan wait)
    {
        var now = time.GetElapsedTime(_started);
        lock (_lock)
        {
            // The generic cell rate algorithm (ITU-T I.371) needs one timestamp per bucket.
            var restedAt = _restedAt.GetValueOrDefault(principalId);
            restedAt = restedAt > now ? restedAt : now;
            wait = restedAt - now - ((rule.AtOnce - 1) * _interval);
            if (wait > patience)
            {
                wait -= patience;
                return false;
            }

            wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
            _restedAt[principalId] = restedAt + _interval;
            if (_restedAt.Count >= _sweepAt)
            {
                Sweep(now);
            }

            return true;
        }
    }

    private void Sweep(TimeSpan now)
    {
        foreach (var (principalId, restedAt) in _restedAt)
        {
            if (restedAt <= now)
            {
                _restedAt.Remove(principalId);
            }
        }

        _sweepAt = Math.Max(LeastSwept, 2 * _restedAt.Count);
    }
}
