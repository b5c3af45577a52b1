using CodeSigning.Silo.Ledger.Verification;

namespace CodeSigning.Gateway.Api.Ledger;

/// <summary>What a verification found.</summary>
/// <param name="Intact">Whether nothing is wrong with what was looked at.</param>
/// <param name="VerifiedFrom">The checkpoint behind which everything was looked at; 0: from the beginning.</param>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Checkpoints">How many checkpoints were looked at.</param>
/// <param name="Problems">The places where something is wrong.</param>
/// <param name="LastFull">What the last verification of the whole ledger in the background found; absent where none was made yet.</param>
internal sealed record VerificationBody(
    bool Intact, long VerifiedFrom, long Entries, long Checkpoints, IReadOnlyList<LedgerProblem> Problems, FullVerificationBody? LastFull);

/// <summary>What the last verification of the whole ledger in the background found.</summary>
/// <param name="BeganAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Intact">Whether nothing was wrong.</param>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Checkpoints">How many checkpoints were looked at.</param>
/// <param name="Problems">How many problems were found.</param>
internal sealed record FullVerificationBody(
    DateTimeOffset BeganAt, DateTimeOffset EndedAt, bool Intact, long Entries, long Checkpoints, int Problems);
