using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Signers;

/// <summary>What an emergency stop did and found. For the OpenAPI document; <see cref="StopEndpoint"/> writes it.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The ids of the grants that were revoked.</param>
/// <param name="CancelledRequests">The ids of the requests that were cancelled.</param>
/// <param name="SignersWithSameKey">The other signers whose certificates are for the same key, and whether they were stopped too.</param>
/// <param name="Signatures">The entries of every signature since the time asked for, newest first, signer by signer.</param>
internal sealed record StopReportBody(
    SignerView Signer,
    IReadOnlyList<string> RevokedGrants,
    IReadOnlyList<string> CancelledRequests,
    IReadOnlyList<SignerOfSameKey> SignersWithSameKey,
    IReadOnlyList<EntryBody> Signatures);
