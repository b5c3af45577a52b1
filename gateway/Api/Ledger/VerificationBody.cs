using CodeSigning.Silo.Ledger.Verification;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>What a verification found.</summary>
/// <param name="Intact">Whether nothing is wrong.</param>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Checkpoints">How many checkpoints were looked at.</param>
/// <param name="Problems">The places where something is wrong.</param>
internal sealed record VerificationBody(
    bool Intact, long Entries, long Checkpoints, IReadOnlyList<LedgerProblem> Problems);
