namespace CodeSigning.Grants;

/// <summary>What became of a reserved use.</summary>
/// <param name="Reservation">The reservation.</param>
/// <param name="UsedInLedger">How many uses the ledger is known to hold by now: the use's own number where it was committed,
/// the true count where the commit was refused; null where nothing was learned.</param>
/// <param name="IsStale">Whether the grant's version was found to be out of date.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantSettlement")]
public sealed record GrantSettlement(
    [property: Id(0)] long Reservation, [property: Id(1)] long? UsedInLedger, [property: Id(2)] bool IsStale);
