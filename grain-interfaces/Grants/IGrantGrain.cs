using CodeSigning.Contract;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grants;

/// <summary>
/// An authorisation to sign, limited in time, in number, or both; its key is its id. Its uses are counted in the ledger
/// and nowhere else; what it keeps in memory are only the pending reservations.
/// </summary>
[Alias("codesigning.IGrantGrain")]
public interface IGrantGrain : IGrainWithStringKey
{
    /// <summary>
    /// Reserves one use. Where the limit is reached only by reservations that are pending it waits for them: one of them
    /// may fail. A reservation that is not settled ends after a minute. Who is not answered within two seconds goes on
    /// without a reservation, and finds out at the commit.
    /// </summary>
    /// <param name="grantee">Who wants to sign.</param>
    /// <param name="certificateThumbprint">The certificate that the signer has now.</param>
    /// <param name="question">What is to be signed, and when.</param>
    /// <param name="known">What the asking node has seen of the grant: what is older in memory is read again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [AlwaysInterleave, Alias("Reserve"), ResponseTimeout("00:00:02")]
    Task<GrantOffer> ReserveAsync(
        PrincipalRef grantee,
        string certificateThumbprint,
        SigningQuestion question,
        GrantKnowledge known,
        CancellationToken cancellationToken);

    /// <summary>Ends a reservation. One way: the signature is committed and does not wait for a home that is away.</summary>
    [AlwaysInterleave, OneWay, Alias("Settle")]
    Task SettleAsync(GrantSettlement settlement);
}

/// <summary>What a node has seen of a grant.</summary>
/// <param name="Version">The version of its row, from 1.</param>
/// <param name="Used">How many uses the ledger held at least.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantKnowledge")]
public sealed record GrantKnowledge([property: Id(0)] long Version, [property: Id(1)] long Used);

/// <summary>A grant's answer to somebody who wants to sign under it.</summary>
[GenerateSerializer, Immutable, Alias("codesigning.GrantOffer")]
public abstract record GrantOffer
{
    /// <summary>One use is kept for the caller until it is settled.</summary>
    /// <param name="Reservation">Names the use that is kept; to be settled.</param>
    /// <param name="Version">The grant's version.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.GrantReserved")]
    public sealed record Reserved([property: Id(0)] long Reservation, [property: Id(1)] StateVersion Version) : GrantOffer;

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

/// <summary>What became of a reserved use.</summary>
/// <param name="Reservation">The reservation.</param>
/// <param name="UsedInLedger">How many uses the ledger is known to hold by now: the use's own number where it was committed,
/// the true count where the commit was refused; null where nothing was learned.</param>
/// <param name="IsStale">Whether the grant's version was found to be out of date.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantSettlement")]
public sealed record GrantSettlement(
    [property: Id(0)] long Reservation, [property: Id(1)] long? UsedInLedger, [property: Id(2)] bool IsStale);

/// <summary>Revokes a grant.</summary>
/// <param name="Reason">Why, 1 to 1024 characters.</param>
public sealed record RevokeGrant(string Reason);
