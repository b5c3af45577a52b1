namespace CodeSigning.Signers;

/// <summary>Stops a signer at once.</summary>
/// <param name="Reason">Why, 1 to 1024 characters.</param>
/// <param name="Since">List the signatures made at this time or later (UTC); all if not given.</param>
[GenerateSerializer, Immutable, Alias("codesigning.StopSigner")]
public sealed record StopSigner([property: Id(0)] string Reason, [property: Id(1)] DateTimeOffset? Since = null);
