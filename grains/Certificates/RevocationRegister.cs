using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>What internal CAs have revoked, read from the very rows of certificates and CAs.</summary>
public sealed class RevocationRegister(IStateStore store)
{
    /// <summary>How often a revocation is tried again while others of the same CA come before it.</summary>
    public const int Rounds = 16;

    /// <summary>The write that counts one more; it belongs into the commit of the revocation.</summary>
    public async Task<StateWrite> CountOneMoreAsync(string caId, CancellationToken cancellationToken)
    {
        var (version, revoked) = await ReadCountAsync(caId, cancellationToken);
        var next = new RevocationCountState(revoked + 1);
        return new StateWrite(StateTypes.RevocationCount, caId, version, StateJson.Write(next), next.ToIndex());
    }

    /// <summary>How many a CA has revoked; the version changes with every one.</summary>
    public async Task<(long Version, long Revoked)> ReadCountAsync(string caId, CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.RevocationCount, caId, cancellationToken) is { } stored
            ? (stored.Version, stored.ReadAs<RevocationCountState>().Revoked)
            : (0, 0);

    /// <summary>All that a CA has revoked, at least <paramref name="atLeast"/>. Expired ones stay: signatures outlive certificates.</summary>
    /// <exception cref="StateTamperedException">Some are missing: rows were changed outside the service.</exception>
    public async Task<IReadOnlyCollection<RevokedSerial>> ListAsync(
        string caId, long atLeast, CancellationToken cancellationToken)
    {
        var revoked = new List<RevokedSerial>();
        await foreach (var row in ReadRevokedAsync<CertificateState>(StateTypes.Certificate, caId, cancellationToken))
        {
            if (row.State is { Issued: { } issued, Revocation: { } revocation })
            {
                revoked.Add(new RevokedSerial(issued.SerialNumber, revocation));
            }
        }

        await foreach (var row in ReadRevokedAsync<CertificateAuthorityState>(StateTypes.CertificateAuthority, caId, cancellationToken))
        {
            if (row.State is { Revocation: { } revocation } authority)
            {
                revoked.Add(new RevokedSerial(authority.Certificate.SerialNumber, revocation));
            }
        }

        // The columns that lists filter by are not sealed; the count is.
        return revoked.Count >= atLeast ? revoked : throw new StateTamperedException(StateTypes.RevocationCount, caId);
    }

    private IAsyncEnumerable<Row<TState>> ReadRevokedAsync<TState>(string type, string caId, CancellationToken cancellationToken)
        where TState : class, IIndexedState =>
        store.ReadAllAsync<TState>(new StateQuery(type, Parent: caId, Statuses: [CertificateWords.Revoked]), cancellationToken);
}

/// <summary>
/// How many certificates an internal CA has revoked. It is written in the commit of every revocation, so its version
/// tells whether a CRL is out of date, on every node; and its count tells whether a list of the revoked is whole. It is
/// no part of the CA's own state, since that is in the read set of every signature under the CA.
/// </summary>
/// <param name="Revoked">How many.</param>
public sealed record RevocationCountState(long Revoked) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}

/// <summary>An entry of a CRL (RFC 5280, section 5.1.2.6).</summary>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Revocation">When and why.</param>
public sealed record RevokedSerial(string SerialNumber, Revocation Revocation);

/// <summary>Makes CRLs (RFC 5280, section 5), signed by a CA's key in the vault.</summary>
public interface IRevocationListBuilder
{
    /// <summary>Makes a CRL as of now.</summary>
    /// <param name="issuer">The CA.</param>
    /// <param name="revoked">All that it has revoked.</param>
    /// <param name="number">Higher than that of every CRL it has issued before.</param>
    /// <param name="lifetime">How long it may be relied on.</param>
    /// <param name="cancellationToken">Cancels while it waits for its turn.</param>
    Task<MadeRevocationList> BuildAsync(
        Issuer issuer,
        IReadOnlyCollection<RevokedSerial> revoked,
        long number,
        TimeSpan lifetime,
        CancellationToken cancellationToken);
}

/// <summary>A CRL that was made.</summary>
/// <param name="Der">The CRL.</param>
/// <param name="Number">Its number.</param>
/// <param name="Validity">From this update until the next.</param>
public sealed record MadeRevocationList(ReadOnlyMemory<byte> Der, long Number, Validity Validity)
{
    // Unix seconds until the year 2242, and a billion revocations.
    private const int TimeBits = 33;

    /// <summary>
    /// The number of a CRL (RFC 5280, section 5.2.3) that tells of the count of revocations at this version: one that tells
    /// of more has the higher number whatever the clocks of the nodes say, and of those that tell of the same the later has.
    /// </summary>
    public static long NumberOf(long countVersion, DateTimeOffset madeAt) =>
        checked(countVersion << TimeBits) | madeAt.ToUnixTimeSeconds();

    /// <summary>Whether it tells of every revocation and is in the first half of its life.</summary>
    public bool IsFresh(long countVersion, DateTimeOffset now) =>
        Number >> TimeBits == countVersion && now < Validity.NotBefore + ((Validity.NotAfter - Validity.NotBefore) / 2);
}
