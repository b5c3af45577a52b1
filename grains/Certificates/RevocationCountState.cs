using CodeSigning.Grains.States;

namespace CodeSigning.Grains.Certificates;

/// <summary>
/// How many certificates an internal CA has revoked. It is written in the commit of every revocation, so its version
/// tells whether a CRL is out of date, on every node; and its count tells whether a list of the revoked is whole. It is
/// no part of the CA's own state, since that is in the read set of every signature under the CA.
/// </summary>
/// <param name="Revoked">How many.</param>
public sealed record RevocationCountState(long Revoked) : IIndexedState
{
    /// <inheritdoc/>
    public StateIndex ToIndex() => StateIndex.None;
}
