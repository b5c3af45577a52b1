using Microsoft.Extensions.ObjectPool;

namespace CodeSigning.Silo.Hsm;

/// <summary>
/// The bounded waits for a token's answers. Their timers are used again: making and destroying one for each signature costs
/// some two in a hundred P-256 signatures of a token as fast as SoftHSM.
/// </summary>
internal sealed class CallDeadlines(TimeProvider time)
{
    private readonly ObjectPool<CancellationTokenSource> _idle = new DefaultObjectPool<CancellationTokenSource>(new Timers(time));

    /// <summary>Begins a wait.</summary>
    /// <param name="patience">How long it is at most.</param>
    /// <param name="cancellationToken">Ends it earlier.</param>
    public Deadline Begin(TimeSpan patience, CancellationToken cancellationToken)
    {
        var source = _idle.Get();
        source.CancelAfter(patience);
        return new Deadline(
            this, source, cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), source));
    }

    /// <summary>A wait; ends when disposed.</summary>
    internal readonly struct Deadline(
        CallDeadlines owner, CancellationTokenSource source, CancellationTokenRegistration earlier) : IDisposable
    {
        /// <summary>Cancelled when the time is over or the caller has gone.</summary>
        public CancellationToken Token => source.Token;

        /// <inheritdoc/>
        public void Dispose()
        {
            earlier.Dispose();
            owner._idle.Return(source);
        }
    }

    private sealed class Timers(TimeProvider time) : PooledObjectPolicy<CancellationTokenSource>
    {
        public override CancellationTokenSource Create() => new(Timeout.InfiniteTimeSpan, time);

        public override bool Return(CancellationTokenSource source)
        {
            if (source.TryReset())
            {
                return true;
            }

            source.Dispose();
            return false;
        }
    }
}
