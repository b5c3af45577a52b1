using CodeSigning.Gateway.Api.Ledger;
using CodeSigning.Signers;

namespace CodeSigning.Gateway.Api.Approvals;

/// <summary>What an emergency stop did and found. For the OpenAPI document; <see cref="StopReportAnswer"/> writes it.</summary>
/// <param name="Signer">The signer, disabled.</param>
/// <param name="RevokedGrants">The grants that were revoked.</param>
/// <param name="CancelledRequests">The requests that were cancelled.</param>
/// <param name="Signatures">Every signature made since the time asked for, newest first.</param>
internal sealed record StopReportBody(
    SignerView Signer,
    IReadOnlyList<string> RevokedGrants,
    IReadOnlyList<string> CancelledRequests,
    IReadOnlyList<EntryBody> Signatures);
