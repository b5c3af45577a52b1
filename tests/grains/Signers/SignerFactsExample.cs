using System.Collections.Immutable;
using CodeSigning.Certificates;
using CodeSigning.Contract;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.Policies;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using CodeSigning.Policies;
using CodeSigning.Signers;

namespace CodeSigning.Grains.Tests.Signers;

/// <summary>Facts of a signer on which everything is in order, to be made worse one thing at a time.</summary>
internal static class SignerFactsExample
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly PrincipalRef Administrator = new(PrincipalKind.User, "usr_admin");

    public static readonly PrincipalRef Operator = new(PrincipalKind.Identity, "idn_operator");

    public static readonly PrincipalRef Auditor = new(PrincipalKind.User, "usr_auditor");

    public static readonly PrincipalRef Team = new(PrincipalKind.Group, "grp_team");

    public static readonly PrincipalRef InTeam = new(PrincipalKind.User, "usr_in_team");

    public static SignerFacts Facts { get; } = new(
        new Row<SignerState>(StateTypes.Signer, "sgn_1", 7, new SignerState
        {
            Id = "sgn_1",
            Name = "release",
            CertificateId = "crt_1",
            Members =
            [
                new SignerMember("mbr_1", Administrator, SignerRole.Administrator),
                new SignerMember("mbr_2", Operator, SignerRole.Operator),
                new SignerMember("mbr_3", Auditor, SignerRole.Auditor),
                new SignerMember("mbr_4", Team, SignerRole.Operator),
            ],
        }),
        ImmutableDictionary<string, GroupFacts>.Empty.Add(
            Team.Id, new GroupFacts(new StateVersion(StateTypes.Group, Team.Id, 3), [InTeam])),
        new CertificateFacts(
            [new StateVersion(StateTypes.Certificate, "crt_1", 2), new StateVersion(StateTypes.CertificateAuthority, "cas_1", 1)],
            "crt_1",
            "key_1",
            KeyAlgorithm.Rsa3072,
            "0a",
            "thumbprint",
            Now.AddDays(-1),
            Now.AddDays(1),
            IsIssued: true,
            IsRevoked: false,
            []),
        Policy: null);

    public static Caller Calls(this PrincipalRef principal, ProductRole role = ProductRole.Member) =>
        new(principal.Kind, principal.Id, principal.Id, role, [], null, "192.0.2.1", null);

    public static SignerFacts WithCertificate(Func<CertificateFacts, CertificateFacts> change) =>
        Facts with { Certificate = change(Facts.Certificate!) };

    /// <summary>With the signer's state otherwise, at the same version.</summary>
    public static SignerFacts WithState(Func<SignerState, SignerState> change) =>
        Facts with { Signer = Facts.Signer with { State = change(Facts.State) } };

    public static SignerFacts WithPolicy(bool bypass) => WithState(state => state with { PolicyId = "pol_1" }) with
    {
        Policy = new Row<PolicyState>(StateTypes.Policy, "pol_1", 4, new PolicyState
        {
            Id = "pol_1",
            Definition = new PolicyDefinition(
                "two eyes", new PolicyConstraints(MaxSignings: 1), [], BypassForMachineIdentities: bypass),
        }),
    };
}
