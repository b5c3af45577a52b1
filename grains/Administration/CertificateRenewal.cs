using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Administration;

/// <summary>
/// Renews certificates of internal CAs before they expire: the CA issues another one of the same subject and length, and all
/// signers of the previous one are bound to it, in one commit. The previous one stays valid to its end. Grants that were given
/// for the previous certificate do not serve for the new one.
/// </summary>
public sealed class CertificateRenewal(
    IStateStore store,
    ILedger ledger,
    ICertificateMaker maker,
    ICertificateReader reader,
    CertificateAuthorities authorities,
    PkiOptions options,
    TimeProvider time)
{
    private const int MostDays = 365;

    /// <summary>Has a certificate renewed from now on. Product administrators only.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c>: no internal CA issued it, or it is revoked; <c>InvalidRequest</c>: it is shorter than the days.
    /// </exception>
    public Task<CertificateView> SetAsync(Caller caller, string id, SetRenewal request, CancellationToken cancellationToken) =>
        ChangeAsync(caller, id, state => state with { Renewal = Validate(state, request) }, cancellationToken);

    /// <summary>Has a certificate renewed no longer. Product administrators only.</summary>
    public Task<CertificateView> StopAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        ChangeAsync(caller, id, state => state with { Renewal = null }, cancellationToken);

    /// <summary>Renews every certificate that is due.</summary>
    /// <param name="refused">Receives the id and the reason of each that could not be renewed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The ids of the renewed certificates and of their successors.</returns>
    public async Task<IReadOnlyList<(string Id, string SuccessorId)>> RenewDueAsync(
        Action<string, string> refused, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        List<Row<CertificateState>> due = [];
        var query = new StateQuery(
            StateTypes.Certificate, Statuses: [CertificateWords.Active], UntilBefore: now.AddDays(MostDays), UntilAtLeast: now);
        await foreach (var row in store.ReadAllAsync<CertificateState>(query, cancellationToken))
        {
            if (row.State is { Renewal: { } terms, RenewedBy: null, KeyState: KeyState.Active, Issued.NotAfter: var end }
                && end <= now.AddDays(terms.DaysBefore))
            {
                due.Add(row);
            }
        }

        List<(string, string)> renewed = [];
        foreach (var row in due)
        {
            try
            {
                renewed.Add((row.Id, await RenewAsync(row, cancellationToken)));
            }
            catch (CommitRefusedException stale) when (stale.Reason == CommitRefusal.Stale)
            {
                // Another node renewed it, or it was changed: the next look tells.
            }
            catch (RefusedException reason)
            {
                refused(row.Id, reason.Message);
            }
        }

        return renewed;
    }

    private static RenewalTerms Validate(CertificateState state, SetRenewal request)
    {
        if (state is not { CaId: not null, Stage: CertificateStage.Active { Certificate: var certificate }, RenewedBy: null })
        {
            throw new RefusedException(
                ErrorCode.WrongState, "Only a certificate that an internal CA issued, and that is not revoked or renewed yet, can be renewed.");
        }

        return request.DaysBefore is >= 1 and <= MostDays && TimeSpan.FromDays(request.DaysBefore) < certificate.NotAfter - certificate.NotBefore
            ? new RenewalTerms(request.DaysBefore, request.Key)
            : throw new RefusedException(
                ErrorCode.InvalidRequest, $"The field 'daysBefore' is invalid: expected 1 to {MostDays}, and less than the certificate's validity.");
    }

    private async Task<string> RenewAsync(Row<CertificateState> previous, CancellationToken cancellationToken)
    {
        var state = previous.State;
        var line = await authorities.ReadLineOfAsync(state, cancellationToken);
        line.RequireIssuing(time.GetUtcNow());
        var isSame = state.Renewal!.Key == RenewalKey.Same;
        var order = new RenewalOrder(
            isSame ? state.KeyId : EntityId.New(IdPrefixes.Key, time), isSame, state.KeyAlgorithm, state.PublicKey, state.Issued!, state.Custody);
        var made = await maker.RenewLeafAsync(order, line.Nearest.ToIssuer(options), cancellationToken);
        var next = state with
        {
            Id = EntityId.New(IdPrefixes.Certificate, time),
            KeyId = made.Key.Id,
            PublicKey = made.Key.SubjectPublicKeyInfo,
            Stage = new CertificateStage.Active(made.Certificate),
            Destruction = null,
            Attestations = isSame ? state.Attestations : [],
            CreatedAt = time.GetUtcNow(),
            CreatedBy = Caller.System.ToRef(),
        };
        return await maker.KeepIfSavedAsync(isSame ? made.Key with { Custody = null } : made.Key, async () =>
        {
            var element = await DescribeAsync(previous, next, isSame ? [] : [made.Key.Sealed], cancellationToken);
            await ledger.RecordAsync(line.AddTo(element), cancellationToken);
            return next.Id;
        });
    }

    private async Task<LedgerElement> DescribeAsync(
        Row<CertificateState> previous, CertificateState next, ImmutableArray<StateWrite> key, CancellationToken cancellationToken)
    {
        List<LedgerElement> signers = [];
        var errors = PublicProfile.Errors(reader.Judge(next));
        await foreach (var signer in store.ReadAllAsync<SignerState>(new StateQuery(StateTypes.Signer, Parent: previous.Id), cancellationToken))
        {
            if (signer.State is { IsDeleted: false } bound && bound.CertificateId == previous.Id)
            {
                if (bound.IsPublic)
                {
                    PublicProfile.Require(errors, $"The signer '{bound.Name}' is public, and the renewed certificate is not fit for it");
                }

                var rebound = bound with { CertificateId = next.Id };
                signers.Add(Change
                    .By(Caller.System, "signer.renew-certificate", StateTypes.Signer, signer.Id, Changes.Between(bound.ToRecord(), rebound.ToRecord()), time)
                    .About(signer.Id, bound.Name)
                    .Writing(signer.Replace(rebound)));
            }
        }

        var changes = Changes.Making(next.ToRecord()).Saying("renews", previous.Id);
        return Change.By(Caller.System, "certificate.renew", StateTypes.Certificate, next.Id, changes, time)
            .Writing(StateWrite.New(StateTypes.Certificate, next.Id, next), previous.Replace(previous.State with { RenewedBy = next.Id }))
            .Writing(key) with
        {
            With = [.. signers],
        };
    }

    private async Task<CertificateView> ChangeAsync(
        Caller caller, string id, Func<CertificateState, CertificateState> change, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return await FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var row = await store.FindAsync<CertificateState>(StateTypes.Certificate, id, cancellationToken)
                ?? throw new RefusedException(ErrorCode.NotFound, "The certificate does not exist.");
            var next = change(row.State);
            await ledger.RecordAsync(
                Change.By(caller, "certificate.renewal", StateTypes.Certificate, id, Changes.Between(row.State.ToRecord(), next.ToRecord()), time)
                    .Writing(row.Replace(next)),
                cancellationToken);
            return next.ToView(await authorities.ReadLineOfAsync(next, cancellationToken), reader, time.GetUtcNow());
        });
    }
}
