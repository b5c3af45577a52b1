using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>The revocations of internal CAs, read from the rows of certificates and CAs.</summary>
public sealed class RevocationRegister(IStateStore store)
{
    /// <summary>The maximum number of attempts of a revocation that competes with others of the same CA.</summary>
    public const int Rounds = 16;

    /// <summary>The write that increments the count, for the commit of the revocation.</summary>
    public Task<StateWrite> CountOneMoreAsync(string caId, CancellationToken cancellationToken) =>
        CountMoreAsync(caId, 1, cancellationToken);

    /// <summary>The write that adds to the count, for the commit of several revocations.</summary>
    public async Task<StateWrite> CountMoreAsync(string caId, int more, CancellationToken cancellationToken)
    {
        var (version, revoked) = await ReadCountAsync(caId, cancellationToken);
        var next = new RevocationCountState(revoked + more);
        return new StateWrite(StateTypes.RevocationCount, caId, version, StateJson.Write(next), next.ToIndex());
    }

    /// <summary>The number of certificates that a CA has revoked; the version changes with each.</summary>
    public async Task<(long Version, long Revoked)> ReadCountAsync(string caId, CancellationToken cancellationToken) =>
        await store.ReadAsync(StateTypes.RevocationCount, caId, cancellationToken) is { } stored
            ? (stored.Version, stored.ReadAs<RevocationCountState>().Revoked)
            : (0, 0);

    /// <summary>
    /// All certificates that a CA has revoked, at least <paramref name="atLeast"/>. Expired ones are included:
    /// signatures outlive certificates.
    /// </summary>
    /// <exception cref="StateTamperedException">Rows are missing: they were changed outside the service.</exception>
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

        // Unlike the count, the index columns are not sealed.
        return revoked.Count >= atLeast ? revoked : throw new StateTamperedException(StateTypes.RevocationCount, caId);
    }

    private IAsyncEnumerable<Row<TState>> ReadRevokedAsync<TState>(string type, string caId, CancellationToken cancellationToken)
        where TState : class, IIndexedState =>
        store.ReadAllAsync<TState>(new StateQuery(type, Parent: caId, Statuses: [CertificateWords.Revoked]), cancellationToken);
}

/// <summary>
/// The number of certificates that an internal CA has revoked. It is written in the commit of every revocation, so its
/// version shows on every node whether a CRL is stale, and its count whether a list of revocations is complete. It is
/// separate from the CA's state, since that is in the read set of every signature under the CA.
/// </summary>
/// <param name="Revoked">The number of revocations.</param>
public sealed record RevocationCountState(long Revoked) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}

/// <summary>An entry of a CRL (RFC 5280, section 5.1.2.6).</summary>
/// <param name="SerialNumber">Lower-case hex.</param>
/// <param name="Revocation">When and why.</param>
public sealed record RevokedSerial(string SerialNumber, Revocation Revocation);

/// <summary>Builds CRLs (RFC 5280, section 5), signed by a CA's key in the vault.</summary>
public interface IRevocationListBuilder
{
    /// <summary>Builds a CRL as of now.</summary>
    /// <param name="issuer">The CA.</param>
    /// <param name="revoked">All its revocations.</param>
    /// <param name="number">The CRL number, higher than that of every earlier CRL.</param>
    /// <param name="lifetime">The lifetime.</param>
    /// <param name="cancellationToken">Cancels the call while it is queued.</param>
    Task<MadeRevocationList> BuildAsync(
        Issuer issuer,
        IReadOnlyCollection<RevokedSerial> revoked,
        long number,
        TimeSpan lifetime,
        CancellationToken cancellationToken);
}

/// <summary>A built CRL.</summary>
/// <param name="Der">The CRL.</param>
/// <param name="Number">Its number.</param>
/// <param name="Validity">The period from thisUpdate to nextUpdate.</param>
public sealed record MadeRevocationList(ReadOnlyMemory<byte> Der, long Number, Validity Validity)
{
    // Leaves room for Unix seconds until 2242 and for a billion revocations.
    private const int TimeBits = 33;

    /// <summary>
    /// The CRL number (RFC 5280, section 5.2.3) for a version of the revocation count: a CRL with more revocations has
    /// a higher number whatever the nodes' clocks say; with the same revocations, the later one has.
    /// </summary>
    public static long NumberOf(long countVersion, DateTimeOffset madeAt) =>
        checked(countVersion << TimeBits) | madeAt.ToUnixTimeSeconds();

    /// <summary>Whether it contains every revocation and is in the first half of its lifetime.</summary>
    public bool IsFresh(long countVersion, DateTimeOffset now) =>
        Number >> TimeBits == countVersion && now < Validity.NotBefore + ((Validity.NotAfter - Validity.NotBefore) / 2);
}
