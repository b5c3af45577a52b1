namespace CodeSigning.Approvals;

/// <summary>A vote's words.</summary>
/// <param name="Comment">At most 1024 characters; a rejection says why.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CastVote")]
public sealed record CastVote([property: Id(0)] string? Comment = null);
