namespace CodeSigning.Grains.Approvals;

/// <summary>A vote as it is stored.</summary>
/// <param name="Step">The step that it was cast in, from 0.</param>
/// <param name="UserId">Who.</param>
/// <param name="UserName">Under which name then.</param>
/// <param name="Approved">Yes or no.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Comment">What they said of it.</param>
/// <param name="IsVoid">
/// Whether it was left out when votes were counted, its voter not being one who may vote any more. It stays out also if
/// they become one again: they may vote again.
/// </param>
public sealed record CastBallot(
    int Step,
    string UserId,
    string UserName,
    bool Approved,
    DateTimeOffset At,
    string? Comment = null,
    bool IsVoid = false);
