using System.Diagnostics;

namespace CodeSigning.Silo.Ledger.Writing;

/// <summary>
/// Estimates how many elements arrive while a batch is committed. If all of a node's callers wait for one commit, its processors are idle
/// for as long as that takes.
/// </summary>
internal sealed class CommitPace
{
    // A commit that takes long once, such as one with a checkpoint of the database, changes little.
    private const double Weight = 0.25;

    // Callers that were answered ask again a while after the commit.
    private const double Margin = 2;

    private double _elements;
    private long _lastEnd;

    /// <summary>The number of elements; 0 until batches were committed.</summary>
    public int ElementsDuringCommit => (int)_elements;

    /// <summary>Records a commit.</summary>
    /// <param name="elements">The size of its batch.</param>
    /// <param name="began">When it began: a timestamp of <see cref="Stopwatch"/>.</param>
    /// <param name="ended">When it ended.</param>
    public void Committed(int elements, long began, long ended)
    {
        if (_lastEnd != 0)
        {
            // What was committed since the last commit's end arrived in that time.
            var share = (double)(ended - began) / Math.Max(1, ended - _lastEnd);
            _elements += Weight * (Math.Min(elements, Margin * elements * share) - _elements);
        }

        _lastEnd = ended;
    }
}
