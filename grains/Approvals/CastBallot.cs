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
[GenerateSerializer, Immutable, Alias("codesigning.CastBallot")]
public sealed record CastBallot(
    [property: Id(0)] int Step,
    [property: Id(1)] string UserId,
    [property: Id(2)] string UserName,
    [property: Id(3)] bool Approved,
    [property: Id(4)] DateTimeOffset At,
    [property: Id(5)] string? Comment = null,
    [property: Id(6)] bool IsVoid = false);
