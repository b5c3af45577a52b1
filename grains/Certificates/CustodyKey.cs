using CodeSigning.Certificates;
using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>A key of the vault as a grain may know it: what is public, and what to store.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Algorithm">Its kind.</param>
/// <param name="SubjectPublicKeyInfo">The public key as DER.</param>
/// <param name="Sealed">The sealed private key, to be written in the commit of the state that names it.</param>
public sealed record CustodyKey(
    string Id, KeyAlgorithm Algorithm, ReadOnlyMemory<byte> SubjectPublicKeyInfo, StateWrite Sealed);
