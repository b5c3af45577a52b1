using CodeSigning.Identities;

namespace CodeSigning.Grains.Identities.Sessions;

/// <summary>A session whose principal, generation and credential are in force, as they were read from the store.</summary>
/// <param name="TokenHash">SHA-256 of its token.</param>
/// <param name="Caller">Who bears it, without the address of any one request.</param>
public sealed record LiveSession(ReadOnlyMemory<byte> TokenHash, Caller Caller);
