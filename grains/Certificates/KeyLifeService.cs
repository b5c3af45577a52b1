using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>
/// The life of certificates' keys (NIST SP 800-57 part 1, section 7). A change holds for every certificate that has the
/// same key, and for every signature that begins after it returns.
/// </summary>
/// <remarks>Product administrators only. Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class KeyLifeService(
    IStateStore store,
    ILedger ledger,
    IKeyErasure erasure,
    ICertificateReader reader,
    CertificateAuthorities authorities,
    RevocationRegister revocations,
    TimeProvider time)
{
    private const int LongestReason = 256;

    /// <summary>Suspends a key, makes it active again, or declares it compromised, which revokes its certificates.</summary>
    public Task<CertificateView> ChangeAsync(
        Caller caller, string id, ChangeKeyState request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return DecideAsync(caller, id, "certificate.key-state", state => state.ChangeKey(request.State, time.GetUtcNow()), cancellationToken);
    }

    /// <summary>Asks for the destruction of a key, which another administrator confirms.</summary>
    public Task<CertificateView> RequestDestructionAsync(
        Caller caller, string id, RequestKeyDestruction request, CancellationToken cancellationToken)
    {
        RequirePerson(caller);
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > LongestReason)
        {
            throw new RefusedException(ErrorCode.InvalidRequest, $"The field 'reason' is invalid: expected 1 to {LongestReason} characters.");
        }

        KeyDestruction destruction = new(time.GetUtcNow(), caller.ToRef(), request.Reason);
        return DecideAsync(
            caller, id, "certificate.key-destruction-request", state => state.RequestDestruction(destruction), cancellationToken);
    }

    /// <summary>Takes a request for the destruction back.</summary>
    public Task<CertificateView> WithdrawDestructionAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return DecideAsync(caller, id, "certificate.key-destruction-withdraw", state => state.WithdrawDestruction(), cancellationToken);
    }

    /// <summary>
    /// Destroys a key, on the word of a second administrator: its rows are removed, the key in its HSM too, and the store is
    /// purged of what was removed. Repeated, it completes a destruction that could not be completed.
    /// </summary>
    /// <exception cref="RefusedException">
    /// <c>SelfApproval</c>: the same administrator asked for it; <c>Unavailable</c>: the HSM is away, so that the key is still in it
    /// although it signs no more.
    /// </exception>
    public async Task<CertificateView> ConfirmDestructionAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        RequirePerson(caller);
        var view = (await FindAsync(id, cancellationToken)).State.KeyState == KeyState.Destroyed
            ? await ViewAsync(id, cancellationToken)
            : await DecideAsync(caller, id, "certificate.key-destroy", state => state.Destroy(caller.Id), cancellationToken);
        var keys = (await FindOfSameKeyAsync(await FindAsync(id, cancellationToken), cancellationToken)).Select(row => row.State.KeyId);
        await erasure.EraseAsync([.. keys], cancellationToken);
        return view;
    }

    private Task<CertificateView> DecideAsync(
        Caller caller, string id, string action, Func<CertificateState, CertificateState> decide, CancellationToken cancellationToken) =>
        FreshDecision.MakeAsync(RevocationRegister.Rounds, async () =>
        {
            var rows = await FindOfSameKeyAsync(await FindAsync(id, cancellationToken), cancellationToken);
            var changes = rows.ConvertAll(row => (Row: row, Next: decide(row.State)));
            var own = changes.Find(change => change.Row.Id == id);
            var element = Describe(caller, action, own.Row, own.Next) with
            {
                With = [.. changes.Where(change => change.Row.Id != id).Select(change => Describe(caller, action, change.Row, change.Next))],
            };
            foreach (var authority in changes.Where(IsRevokedNow).GroupBy(change => change.Next.CaId!))
            {
                element = element.Writing(await revocations.CountMoreAsync(authority.Key, authority.Count(), cancellationToken));
            }

            var view = own.Next.ToView(await authorities.ReadLineOfAsync(own.Next, cancellationToken), reader, time.GetUtcNow());
            await ledger.RecordAsync(element.Answering(caller, view), cancellationToken);
            return view;
        });

    private static bool IsRevokedNow((Row<CertificateState> Row, CertificateState Next) change) =>
        change.Next.CaId is not null && change.Row.State.Revocation is null && change.Next.Revocation is not null;

    private LedgerElement Describe(Caller caller, string action, Row<CertificateState> row, CertificateState next) => Change
        .By(caller, action, StateTypes.Certificate, row.Id, Changes.Between(row.State.ToRecord(), next.ToRecord()), time)
        .Writing(row.Replace(next));

    private async Task<CertificateView> ViewAsync(string id, CancellationToken cancellationToken)
    {
        var state = (await FindAsync(id, cancellationToken)).State;
        return state.ToView(await authorities.ReadLineOfAsync(state, cancellationToken), reader, time.GetUtcNow());
    }

    private async Task<List<Row<CertificateState>>> FindOfSameKeyAsync(Row<CertificateState> own, CancellationToken cancellationToken)
    {
        List<Row<CertificateState>> found = [];
        await foreach (var row in store.ReadAllAsync<CertificateState>(new StateQuery(StateTypes.Certificate), cancellationToken))
        {
            if (row.Id == own.Id || row.State.PublicKey.Span.SequenceEqual(own.State.PublicKey.Span))
            {
                found.Add(row);
            }
        }

        return found;
    }

    private async Task<Row<CertificateState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<CertificateState>(StateTypes.Certificate, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The certificate does not exist.");

    // Of two machine identities, one person may have both secrets.
    private static void RequirePerson(Caller caller)
    {
        ProductAuthority.RequireAdministrator(caller);
        if (caller.Kind != PrincipalKind.User)
        {
            throw new RefusedException(ErrorCode.Forbidden, "The destruction of a key takes two people: sign in as one.");
        }
    }
}

/// <summary>Removes private keys for good.</summary>
public interface IKeyErasure
{
    /// <summary>
    /// Destroys keys in their HSMs, removes their rows, closes them on this node, and purges the store of what was removed. Keys
    /// that are gone already are none of its faults.
    /// </summary>
    /// <exception cref="RefusedException"><c>Unavailable</c>: an HSM is away.</exception>
    Task EraseAsync(ImmutableArray<string> keyIds, CancellationToken cancellationToken);
}
