using System.Collections.Immutable;
using CodeSigning.Ledger;

namespace CodeSigning.Identities;

/// <summary>Who could act as a machine identity because they made what it logs in with.</summary>
/// <param name="Version">The identity's version: it changes with each secret made or revoked and with the OIDC binding.</param>
/// <param name="UserIds">The people who made a client secret that still works, or who last set the OIDC binding.</param>
[GenerateSerializer, Immutable, Alias("codesigning.CredentialMakers")]
public sealed record CredentialMakers(
    [property: Id(0)] StateVersion Version, [property: Id(1)] ImmutableArray<string> UserIds);
