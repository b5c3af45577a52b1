namespace CodeSigning.Grains.States;

/// <summary>
/// Records when and how often something happened: last login, last use of a secret, last signature of a signer. No
/// decision reads these, so they are separate from states: writing one never makes a decision stale. They are written
/// in bulk with a delay of seconds; a crash may lose the last few.
/// </summary>
public interface IObservations
{
    /// <summary>Records an occurrence now. Never blocks and never fails; if the queue is full, it is dropped.</summary>
    void Note(string subject, string what);

    /// <summary>The observations of these subjects.</summary>
    Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyCollection<string> subjects, CancellationToken cancellationToken);
}

/// <summary>When and how often something happened.</summary>
/// <param name="Subject">The subject's id.</param>
/// <param name="What">The kind of occurrence, such as <c>login</c>.</param>
/// <param name="LastAt">The last time (UTC).</param>
/// <param name="Count">The total number of occurrences.</param>
public sealed record Observation(string Subject, string What, DateTimeOffset LastAt, long Count);
