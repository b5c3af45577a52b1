using CodeSigning.Ledger;

namespace CodeSigning.Grants;

/// <summary>A grant's answer to somebody who wants to sign under it.</summary>
[GenerateSerializer, Immutable, Alias("codesigning.GrantOffer")]
public abstract record GrantOffer
{
    /// <summary>One use is kept for the caller until it is settled.</summary>
    /// <param name="Reservation">Names the use that is kept; to be settled.</param>
    /// <param name="Version">The grant's version.</param>
    /// <param name="Limit">How many uses it has in all; null for as many as fit.</param>
    /// <param name="Until">When its window ends (UTC).</param>
    [GenerateSerializer, Immutable, Alias("codesigning.GrantReserved")]
    public sealed record Reserved(
        [property: Id(0)] long Reservation,
        [property: Id(1)] StateVersion Version,
        [property: Id(2)] long? Limit,
        [property: Id(3)] DateTimeOffset? Until) : GrantOffer;

    /// <summary>It does not serve.</summary>
    /// <param name="Version">The grant's version.</param>
    /// <param name="Code">Why.</param>
    /// <param name="Detail">The sentence for the client.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.GrantDeclined")]
    public sealed record Declined(
        [property: Id(0)] StateVersion Version,
        [property: Id(1)] ErrorCode Code,
        [property: Id(2)] string Detail) : GrantOffer;
}
