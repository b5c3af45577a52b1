namespace CodeSigning.Grains.States;

/// <summary>
/// Remembers when something was last seen and how often: last login, last use of a secret, last signature of a signer.
/// These decide nothing, so they are kept apart from states: writing one never makes a decision stale. They are
/// written some seconds late and in bulk; a crash may lose the last few.
/// </summary>
public interface IObservations
{
    /// <summary>Notes that it happened now. Never waits and never fails; when too much waits, the note is dropped.</summary>
    void Note(string subject, string what);

    /// <summary>What is known of these subjects.</summary>
    Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyCollection<string> subjects, CancellationToken cancellationToken);
}

/// <summary>When and how often something was seen.</summary>
/// <param name="Subject">The id of what was seen.</param>
/// <param name="What">What happened to it, such as <c>login</c>.</param>
/// <param name="LastAt">The last time (UTC).</param>
/// <param name="Count">How often in all.</param>
public sealed record Observation(string Subject, string What, DateTimeOffset LastAt, long Count);
