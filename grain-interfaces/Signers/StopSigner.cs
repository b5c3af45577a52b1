namespace CodeSigning.Signers;

/// <summary>Stops a signer at once.</summary>
/// <param name="Reason">Why, 1 to 1024 characters.</param>
/// <param name="Since">List the signatures made at this time or later (UTC); all if not given.</param>
/// <param name="IncludeSignersWithSameKey">
/// Stop every other signer of the same key as well, as far as the caller may; the answer says which were.
/// </param>
public sealed record StopSigner(string Reason, DateTimeOffset? Since = null, bool IncludeSignersWithSameKey = false);
