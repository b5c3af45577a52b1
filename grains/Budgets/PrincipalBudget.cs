
namespace CodeSigning.Grains.Budgets;

/// <summary>How much of something a principal may cause on one node.</summary>
/// <param name="AtOnce">So much after a rest, at least 1.</param>
/// <param name="PerSecond">So much for as long as it likes, above 0.</param>
public sealed record BudgetRule(int AtOnce, double PerSecond);

/// <summary>
/// Keeps what each principal causes within a <see cref="BudgetRule"/>, in the memory of this node. Ask it only on behalf of a
/// principal that has proven who it is: what strangers could spend, they could take away from its owner.
/// </summary>
public sealed class PrincipalBudget(BudgetRule rule, TimeProvider time)
{
    private const int LeastSwept = 1024;

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1 / rule.PerSecond);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TimeSpan> _restedAt = new(StringComparer.Ordinal);
    private readonly long _started = time.GetTimestamp();
    private int _sweepAt = LeastSwept;

    /// <summary>How many principals are remembered: those that have not rested yet.</summary>
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

    /// <summary>Spends one.</summary>
    /// <param name="principalId">Whose.</param>
    /// <param name="wait">How long until there is one, where there is none.</param>
    /// <returns>Whether it was spent.</returns>
    public bool TrySpend(string principalId, out TimeSpan wait) => TryReserve(principalId, TimeSpan.Zero, out wait);

    /// <summary>Spends one that is there within a time.</summary>
    /// <param name="principalId">Whose.</param>
    /// <param name="patience">How long the caller would wait for it.</param>
    /// <param name="wait">How long the caller has to wait for it; where it was not spent, how long until it could be.</param>
    /// <returns>Whether it was spent.</returns>
    public bool TryReserve(string principalId, TimeSpan patience, out TimeSpan wait)
    {
        var now = time.GetElapsedTime(_started);
        lock (_lock)
        {
            // The generic cell rate algorithm (ITU-T I.371): one time says all that there is to know of a bucket.
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
