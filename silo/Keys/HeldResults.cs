using System.Diagnostics;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// The ends of brief jobs that one thread keeps for a moment, to tell several callers at once: to wake the thread pool for
/// each signature by itself takes the processor from other signatures.
/// </summary>
internal sealed class HeldResults
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(6);

    private readonly List<SigningJob> _jobs = [];
    private long _heldSince;

    /// <summary>Runs a job and keeps its end, unless another one like it would make the first that is kept wait too long.</summary>
    public void Run(SigningJob job)
    {
        var started = Stopwatch.GetTimestamp();
        job.Run();
        var ended = Stopwatch.GetTimestamp();
        if (_jobs.Count == 0)
        {
            _heldSince = ended;
        }

        _jobs.Add(job);
        if (!job.IsBrief || Stopwatch.GetElapsedTime(_heldSince, ended) + Stopwatch.GetElapsedTime(started, ended) > Longest)
        {
            Tell();
        }
    }

    /// <summary>Has the thread pool tell all that is kept, one caller after the other on one thread.</summary>
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
