namespace CodeSigning.Approvals;

/// <summary>A person's vote.</summary>
/// <param name="UserId">Who.</param>
/// <param name="UserName">Under which name then.</param>
/// <param name="Approved">Yes or no.</param>
/// <param name="Comment">What they said of it.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Counts">Whether it counts: an approval of somebody who may no longer approve does not.</param>
[GenerateSerializer, Immutable, Alias("codesigning.VoteView")]
public sealed record VoteView(
    [property: Id(0)] string UserId,
    [property: Id(1)] string UserName,
    [property: Id(2)] bool Approved,
    [property: Id(3)] string? Comment,
    [property: Id(4)] DateTimeOffset At,
    [property: Id(5)] bool Counts);
