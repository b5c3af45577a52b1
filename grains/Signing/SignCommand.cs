using System.Collections.Immutable;
using CodeSigning.Identities;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Signing;

/// <summary>Asks for one signature. The gateway has checked the form: 1 to 128 bytes, a digest's length fits its algorithm.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="SignerId">The signer's id.</param>
/// <param name="Algorithm">The signature scheme.</param>
/// <param name="IsDigest">Whether the data is the digest already.</param>
/// <param name="Data">The submitted bytes.</param>
/// <param name="ClientMetadata">What the client says of itself; at most 2 KiB in all.</param>
public sealed record SignCommand(
    Caller Caller,
    string SignerId,
    SigningAlgorithm Algorithm,
    bool IsDigest,
    ReadOnlyMemory<byte> Data,
    ImmutableSortedDictionary<string, string>? ClientMetadata);
