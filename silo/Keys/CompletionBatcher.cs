using System.Diagnostics;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Batches the completions of short jobs: waking the thread pool for each signature would take processor time from other
/// signatures. Not thread-safe: its owner holds a lock.
/// </summary>
internal sealed class CompletionBatcher
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(6);

    private readonly List<SigningJob> _jobs = [];
    private long _heldSince;

    /// <summary>
    /// Defers the completion of a job that has run, unless another job of the same length would delay the first deferred one too
    /// long.
    /// </summary>
    public void Add(SigningJob job)
    {
        var (began, ended) = job.Time;
        if (_jobs.Count == 0)
        {
            _heldSince = ended;
        }

        _jobs.Add(job);
        if (!job.IsBrief || Stopwatch.GetElapsedTime(_heldSince, ended) + Stopwatch.GetElapsedTime(began, ended) > Longest)
        {
            Tell();
        }
    }

    /// <summary>Completes all deferred jobs on one thread-pool thread.</summary>
    public void Tell()
    {
        if (_jobs.Count == 0)
        {
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(TellAll, _jobs.ToArray(), preferLocal: false);
        _jobs.Clear();
    }

    private static void TellAll(SigningJob[] jobs)
    {
        foreach (var job in jobs)
        {
            job.Tell();
        }
    }
}
