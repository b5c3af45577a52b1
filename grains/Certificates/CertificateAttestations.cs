using System.Collections.Frozen;
using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>
/// Keeps what the tools of a token attest of the keys in it. An attestation is added, and never changed or removed; the ledger has
/// its digest.
/// </summary>
/// <remarks>Every method refuses with <see cref="RefusedException"/>.</remarks>
public sealed class CertificateAttestations(IStateStore store, ILedger ledger, TimeProvider time)
{
    /// <summary>The most attestations of a certificate.</summary>
    public const int MostAttestations = 16;

    /// <summary>The longest attestation, in bytes.</summary>
    public const int LongestContent = 64 * 1024;

    private const int LongestFileName = 128;

    // Nothing that a browser would run, if it took the file for a page.
    private static readonly FrozenSet<string> MediaTypes = FrozenSet.Create(
        StringComparer.Ordinal,
        "text/plain", "application/pdf", "application/zip", "application/gzip", "application/x-pem-file", "application/pkix-cert",
        "application/octet-stream");

    /// <summary>Attaches an attestation. Product administrators only.</summary>
    /// <exception cref="RefusedException">
    /// <c>WrongState</c>: the key is in software, or has too many; <c>Conflict</c>: the same file is attached already.
    /// </exception>
    public Task<AttestationView> AttachAsync(
        Caller caller, string certificateId, AttachAttestation request, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        Validate(request);
        return FreshDecision.MakeAsync(rounds: 2, async () =>
        {
            var row = await FindAsync(certificateId, cancellationToken);
            var attestation = new KeyAttestation(
                EntityId.New(IdPrefixes.Attestation, time),
                request.FileName,
                request.MediaType,
                request.Content.Length,
                Convert.ToHexStringLower(SHA256.HashData(request.Content.Span)),
                time.GetUtcNow(),
                caller.ToActor());
            var next = row.State.Attach(attestation);
            var content = new AttestationState(certificateId, request.Content);
            var view = attestation.ToView();
            await ledger.RecordAsync(
                Change.By(caller, "certificate.attest", StateTypes.Certificate, certificateId, Changes.Between(row.State.ToRecord(), next.ToRecord()), time)
                    .Writing(row.Replace(next), StateWrite.New(StateTypes.Attestation, attestation.Id, content))
                    .Answering(caller, view),
                cancellationToken);
            return view;
        });
    }

    /// <summary>The file of an attestation. Product administrators only.</summary>
    public Task<CertificateFile> ReadAsync(
        Caller caller, string certificateId, string attestationId, CancellationToken cancellationToken)
    {
        ProductAuthority.RequireAdministrator(caller);
        return ReadOfSignerAsync(certificateId, attestationId, cancellationToken);
    }

    /// <summary>The file of an attestation, for a caller that the certificate's signer has authorized to read it.</summary>
    /// <exception cref="StateTamperedException">The stored file is not the one that was attached.</exception>
    public async Task<CertificateFile> ReadOfSignerAsync(string certificateId, string attestationId, CancellationToken cancellationToken)
    {
        var attestation = (await FindAsync(certificateId, cancellationToken)).State.Attestations.FirstOrDefault(one => one.Id == attestationId)
            ?? throw NotFound();
        var row = await store.FindAsync<AttestationState>(StateTypes.Attestation, attestationId, cancellationToken) ?? throw NotFound();
        return Convert.ToHexStringLower(SHA256.HashData(row.State.Content.Span)) == attestation.Sha256
            ? new CertificateFile(attestation.MediaType, attestation.FileName, row.State.Content)
            : throw new StateTamperedException(StateTypes.Attestation, attestationId);
    }

    private static void Validate(AttachAttestation request)
    {
        if (!CertificateRules.IsPlain(request.FileName) || request.FileName.Length > LongestFileName || request.FileName.AsSpan().ContainsAny('/', '\\'))
        {
            throw Invalid("fileName", $"expected a name of 1 to {LongestFileName} visible characters without a path");
        }

        if (!MediaTypes.Contains(request.MediaType))
        {
            throw Invalid("mediaType", $"expected one of {string.Join(", ", MediaTypes.Order(StringComparer.Ordinal))}");
        }

        if (request.Content.Length is 0 or > LongestContent)
        {
            throw Invalid("content", $"expected base64 of 1 to {LongestContent} bytes");
        }
    }

    private static RefusedException Invalid(string field, string expected) =>
        new(ErrorCode.InvalidRequest, $"The field '{field}' is invalid: {expected}.");

    private static RefusedException NotFound() => new(ErrorCode.NotFound, "The attestation does not exist.");

    private async Task<Row<CertificateState>> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync<CertificateState>(StateTypes.Certificate, id, cancellationToken)
        ?? throw new RefusedException(ErrorCode.NotFound, "The certificate does not exist.");
}

/// <summary>An attestation of a certificate's key; its file is in a row of its own.</summary>
/// <param name="Id">Its id, and that of the row.</param>
/// <param name="FileName">The file's name.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">SHA-256 over the file, lower-case hex.</param>
/// <param name="At">When it was attached (UTC).</param>
/// <param name="By">Who attached it.</param>
public sealed record KeyAttestation(
    string Id, string FileName, string MediaType, int Length, string Sha256, DateTimeOffset At, Actor By)
{
    /// <summary>As readers of the certificate see it.</summary>
    public AttestationView ToView() => new(Id, FileName, MediaType, Length, Sha256, At, By);
}

/// <summary>The file of an attestation.</summary>
/// <param name="CertificateId">The certificate that it was attached to; one that renews it with the same key has it too.</param>
/// <param name="Content">The file.</param>
public sealed record AttestationState(string CertificateId, ReadOnlyMemory<byte> Content) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => new(Parent: CertificateId);
}
