using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Policies;

namespace CodeSigning.Grains.Signers;

/// <summary>All that a decision about a signer looks at, each with the version that was read. Immutable.</summary>
/// <param name="State">The signer.</param>
/// <param name="Version">The signer's version.</param>
/// <param name="Groups">The groups among its members, by id.</param>
/// <param name="Certificate">Its certificate; null where there is none (any more).</param>
/// <param name="Policy">Its policy; null without.</param>
public sealed record SignerFacts(
    SignerState State,
    long Version,
    ImmutableDictionary<string, GroupFacts> Groups,
    CertificateFacts? Certificate,
    PolicyFacts? Policy)
{
    /// <summary>The signer's own version.</summary>
    public StateVersion Self => new(StateTypes.Signer, State.Id, Version);

    /// <summary>Whether one of these versions is of a kind that facts rest on, so that they must be read again.</summary>
    public static bool RestOnAny(ImmutableArray<StateVersion> versions)
    {
        foreach (var version in versions)
        {
            if (version.Type is StateTypes.Signer or StateTypes.Group or StateTypes.Certificate
                or StateTypes.CertificateAuthority or StateTypes.Policy)
            {
                return true;
            }
        }

        return false;
    }
}
