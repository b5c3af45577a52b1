using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.States;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Signers;

/// <summary>The facts that decisions about a signer need, with their versions. Immutable.</summary>
/// <param name="Signer">The signer.</param>
/// <param name="Groups">The groups among its members, by id.</param>
/// <param name="Certificate">Its certificate; null if it does not exist.</param>
/// <param name="Policy">Its policy; null if it has none or it does not exist.</param>
public sealed record SignerFacts(
    Row<SignerState> Signer,
    ImmutableDictionary<string, GroupFacts> Groups,
    CertificateFacts? Certificate,
    Row<PolicyState>? Policy)
{
    /// <summary>The signer as it is stored.</summary>
    public SignerState State => Signer.State;

    /// <summary>What keeps the certificate from a public signer; empty if the signer is not public.</summary>
    public ImmutableArray<ProfileFinding> ProfileErrors { get; init; } = [];

    /// <summary>The signer's own version.</summary>
    public StateVersion Self => Signer.ToVersion();
}

/// <summary>Reads the facts about signers, uncached.</summary>
public sealed class SignerFactsReader(IStateStore store, CertificateAuthorities authorities, ICertificateReader reader)
{
    /// <summary>The current facts about a signer; null if it does not exist.</summary>
    public async Task<SignerFacts?> ReadAsync(string signerId, CancellationToken cancellationToken) =>
        await store.FindAsync<SignerState>(StateTypes.Signer, signerId, cancellationToken) is { } signer
            ? (await ReadAsync([signer], cancellationToken))[0]
            : null;

    /// <summary>The facts about signers whose rows were just read, in order; a constant number of round trips.</summary>
    public async Task<IReadOnlyList<SignerFacts>> ReadAsync(
        IReadOnlyCollection<Row<SignerState>> signers, CancellationToken cancellationToken)
    {
        var rows = await StateRows.ReadAsync(store, signers.SelectMany(signer => KeysOf(signer.State)), cancellationToken);
        var certificates = signers
            .Select(signer => rows.Find<CertificateState>(StateTypes.Certificate, signer.State.CertificateId))
            .ToArray();
        var lines = await authorities.ReadLinesOfAsync(
            certificates.OfType<Row<CertificateState>>().Select(certificate => certificate.State), cancellationToken);
        return
        [
            .. signers.Zip(certificates, (signer, certificate) => new SignerFacts(
                signer,
                GroupsOf(signer.State).ToImmutableDictionary(id => id, id => PrincipalFactsReader.GroupOf(rows, id)),
                certificate?.State.ToFacts(certificate.ToVersion(), lines.Of(certificate.State)),
                signer.State.PolicyId is { } policyId ? rows.Find<PolicyState>(StateTypes.Policy, policyId) : null)
            {
                ProfileErrors = signer.State.IsPublic && certificate is not null ? PublicProfile.Errors(reader.Judge(certificate.State)) : [],
            }),
        ];
    }

    private static IEnumerable<(string Type, string Id)> KeysOf(SignerState signer)
    {
        yield return (StateTypes.Certificate, signer.CertificateId);
        if (signer.PolicyId is { } policyId)
        {
            yield return (StateTypes.Policy, policyId);
        }

        foreach (var groupId in GroupsOf(signer))
        {
            yield return (StateTypes.Group, groupId);
        }
    }

    private static IEnumerable<string> GroupsOf(SignerState signer) => signer.Members
        .Where(member => member.Principal.Kind == PrincipalKind.Group)
        .Select(member => member.Principal.Id)
        .Distinct(StringComparer.Ordinal);
}
