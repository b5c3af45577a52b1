using System.Collections.Immutable;

namespace CodeSigning.Grains.Identities.Logins.Oidc;

/// <summary>A token of a CI whose issuer, audience, signature and times were verified.</summary>
/// <param name="Subject">Its <c>sub</c> claim.</param>
/// <param name="ExpiresAt">Its <c>exp</c> claim (UTC).</param>
/// <param name="Fingerprint">
/// SHA-256 over its signed part, 32 bytes. It names the token better than <c>jti</c>: every token has one, and nobody can
/// make another of the same token by spelling its signature differently.
/// </param>
/// <param name="Claims">Its other claims: texts, numbers and truth values as text, each member of an array by itself.</param>
public sealed record VerifiedToken(
    string Subject,
    DateTimeOffset ExpiresAt,
    ReadOnlyMemory<byte> Fingerprint,
    ImmutableDictionary<string, ImmutableArray<string>> Claims);
