using CodeSigning.Contract;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grants;

/// <summary>
/// An authorization to sign, limited in time, in number, or both; the grain key is its id. Uses are counted in the
/// ledger alone; the grain keeps only pending reservations in memory.
/// </summary>
[Alias("codesigning.IGrantGrain")]
public interface IGrantGrain : IGrainWithStringKey
{
    /// <summary>
    /// Reserves one use. If only pending reservations exhaust the limit, the call waits for them, since one may fail. A
    /// reservation that is not settled expires after a minute. A caller that gets no answer within two seconds
    /// continues without a reservation; the commit decides.
    /// </summary>
    /// <param name="grantee">The principal that wants to sign.</param>
    /// <param name="certificateThumbprint">The signer's current certificate.</param>
    /// <param name="question">What is to be signed.</param>
    /// <param name="known">What the calling node knows of the grant; an older copy in memory is reloaded.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [AlwaysInterleave, Alias("Reserve"), ResponseTimeout("00:00:02")]
    Task<GrantOffer> ReserveAsync(
        PrincipalRef grantee,
        string certificateThumbprint,
        SigningQuestion question,
        GrantKnowledge known,
        CancellationToken cancellationToken);

    /// <summary>
    /// Ends a reservation. One-way: the signature is already committed and must not wait for a home that is
    /// unavailable.
    /// </summary>
    [AlwaysInterleave, OneWay, Alias("Settle")]
    Task SettleAsync(GrantSettlement settlement);
}

/// <summary>What a node knows of a grant.</summary>
/// <param name="Version">The version of its row, from 1.</param>
/// <param name="Used">A lower bound of the uses in the ledger.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantKnowledge")]
public sealed record GrantKnowledge([property: Id(0)] long Version, [property: Id(1)] long Used);

/// <summary>The result of a reservation.</summary>
[GenerateSerializer, Immutable, Alias("codesigning.GrantOffer")]
public abstract record GrantOffer
{
    /// <summary>One use is reserved for the caller until it is settled.</summary>
    /// <param name="Reservation">The reservation's number, for settling it.</param>
    /// <param name="Version">The grant's version.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.GrantReserved")]
    public sealed record Reserved([property: Id(0)] long Reservation, [property: Id(1)] StateVersion Version) : GrantOffer;

    /// <summary>The grant cannot be used for this signature.</summary>
    /// <param name="Version">The grant's version.</param>
    /// <param name="Code">The reason for the revocation.</param>
    /// <param name="Detail">The message for the client.</param>
    [GenerateSerializer, Immutable, Alias("codesigning.GrantDeclined")]
    public sealed record Declined(
        [property: Id(0)] StateVersion Version,
        [property: Id(1)] ErrorCode Code,
        [property: Id(2)] string Detail) : GrantOffer;
}

/// <summary>The outcome of a reserved use.</summary>
/// <param name="Reservation">The reservation.</param>
/// <param name="UsedInLedger">
/// The number of uses known to be in the ledger: the use's own number if it was committed, the true count if the commit
/// was refused; null if unknown.
/// </param>
/// <param name="IsStale">Whether the grant's version was stale.</param>
[GenerateSerializer, Immutable, Alias("codesigning.GrantSettlement")]
public sealed record GrantSettlement(
    [property: Id(0)] long Reservation, [property: Id(1)] long? UsedInLedger, [property: Id(2)] bool IsStale);

/// <summary>The body that revokes a grant.</summary>
/// <param name="Reason">The reason, 1 to 1024 characters.</param>
public sealed record RevokeGrant(string Reason);
