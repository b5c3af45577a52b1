using System.Diagnostics.CodeAnalysis;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// A queue of jobs with round-robin scheduling among callers, so that a caller with a thousand signatures delays
/// another's by a single job. Not thread-safe: its owner holds a lock.
/// </summary>
/// <param name="length">The maximum number of queued jobs.</param>
internal sealed class SigningQueue(int length)
{
    private readonly Dictionary<string, LinkedList<SigningJob>> _waitingOf = new(StringComparer.Ordinal);
    private readonly Queue<string> _turns = new();

    /// <summary>The number of queued jobs.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a job after those of its caller.</summary>
    /// <returns>
    /// The rejected job if the queue is full; otherwise null. It is the newest job of the caller with the most queued
    /// jobs, or the added one if that is the same caller.
    /// </returns>
    public SigningJob? Add(string callerId, SigningJob job)
    {
        if (Count < length)
        {
            Enqueue(callerId, job);
            return null;
        }

        var jobs = _waitingOf.Values.MaxBy(jobs => jobs.Count)!;
        if (jobs.Count <= (_waitingOf.GetValueOrDefault(callerId)?.Count ?? 0) + 1)
        {
            return job;
        }

        var removed = jobs.Last!.Value;
        jobs.RemoveLast();
        Count--;
        Enqueue(callerId, job);
        return removed;
    }

    /// <summary>Removes the next job.</summary>
    public bool TryTake([NotNullWhen(true)] out SigningJob? job)
    {
        if (!_turns.TryDequeue(out var callerId))
        {
            job = null;
            return false;
        }

        var jobs = _waitingOf[callerId];
        job = jobs.First!.Value;
        jobs.RemoveFirst();
        Count--;
        if (jobs.Count > 0)
        {
            _turns.Enqueue(callerId);
        }
        else
        {
            _waitingOf.Remove(callerId);
        }

        return true;
    }

    private void Enqueue(string callerId, SigningJob job)
    {
        if (!_waitingOf.TryGetValue(callerId, out var jobs))
        {
            _waitingOf.Add(callerId, jobs = []);
            _turns.Enqueue(callerId);
        }

        jobs.AddLast(job);
        Count++;
    }
}
