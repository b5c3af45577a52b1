namespace CodeSigning.Silo.Keys;

/// <summary>No thread takes the job: too many wait already, or the server is stopping. Nothing was done; a retry is safe.</summary>
public sealed class SigningThreadsUnavailableException(bool isStopping)
    : Exception(isStopping ? "The server is stopping." : "More signatures are waiting to be made than this node takes on.")
{
    /// <summary>Whether this node is stopping; otherwise it is busy and takes jobs again in a moment.</summary>
    public bool IsStopping { get; } = isStopping;
}
