using System.Diagnostics.CodeAnalysis;

namespace CodeSigning.Silo.Keys;

/// <summary>
/// Jobs that wait for a thread. The callers take turns, a job each, so that whoever asks for a thousand signatures delays
/// another caller's one by a single job. Not thread-safe: its owner holds a lock.
/// </summary>
/// <param name="length">How many jobs may wait.</param>
internal sealed class SigningQueue(int length)
{
    private readonly Dictionary<string, LinkedList<SigningJob>> _waitingOf = new(StringComparer.Ordinal);
    private readonly Queue<string> _turns = new();

    /// <summary>How many jobs wait.</summary>
    public int Count { get; private set; }

    /// <summary>The job whose turn it is, which stays; null where none waits.</summary>
    public SigningJob? Next => _turns.TryPeek(out var callerId) ? _waitingOf[callerId].First!.Value : null;

    /// <summary>Adds a job behind those of its caller.</summary>
    /// <returns>
    /// The job that is not to be done for want of room; null where there is room. It is the newest of the caller of whom most
    /// wait, and the one that was to be added where that is its own caller.
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

    /// <summary>Takes the job whose turn it is.</summary>
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
