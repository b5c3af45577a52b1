using CodeSigning.Grains.States;
using CodeSigning.Ledger;

namespace CodeSigning.Grains.Certificates;

/// <summary>An internal CA as it was read, and at which version.</summary>
/// <param name="State">The CA.</param>
/// <param name="Version">Its version.</param>
public sealed record KnownAuthority(CertificateAuthorityState State, long Version)
{
    /// <summary>What a decision that looked at it rests on.</summary>
    public StateVersion Basis => new(StateTypes.CertificateAuthority, State.Id, Version);
}
