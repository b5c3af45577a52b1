using CodeSigning.Certificates;
using CodeSigning.Grains.Signers;
using CodeSigning.Grains.Signing;
using CodeSigning.Identities;
using CodeSigning.Signing;
using Xunit;
using static CodeSigning.Grains.Tests.Signers.SignerFactsExample;

namespace CodeSigning.Grains.Tests.Signers;

public sealed class SigningRulesTests
{
    private static readonly PrincipalRef Stranger = new(PrincipalKind.User, "usr_stranger");

    [Fact]
    public void Operator_signs_at_once_without_a_policy()
    {
        var decision = Assert.IsType<SigningDecision.Allowed>(Decide(Facts, Operator));

        Assert.False(decision.IsBypass);
        Assert.Equal(Facts.Certificate!.NotAfter, decision.Until);
    }

    [Fact]
    public void Unfit_certificate_of_a_public_signer_denies()
    {
        var finding = new ProfileFinding(ProfileRule.RsaKeyTooShort, FindingSeverity.Error, "CSBR 6.1.5.2", "The key is short.", "Make another.");

        var decision = Refused(Facts with { ProfileErrors = [finding] }, Operator, ErrorCode.ProfileViolated);

        Assert.Equal("The signer is public, and its certificate is not fit for it: the key is short (CSBR 6.1.5.2).", decision.Detail);
    }

    [Fact]
    public void Read_set_of_allowed_signature_includes_signer_certificate_and_authorities()
    {
        var decision = Decide(Facts, Operator);

        Assert.Equal([Facts.Self, .. Facts.Certificate!.ReadSet], decision.ReadSet.AsEnumerable());
    }

    [Fact]
    public void Read_set_of_a_group_member_includes_the_group() =>
        Assert.Contains(Facts.Groups[Team.Id].Version, Decide(Facts, InTeam).ReadSet);

    [Fact]
    public void Denial_read_set_of_a_stranger_includes_all_groups()
    {
        var decision = Refused(Facts, Stranger, ErrorCode.NotFound);

        Assert.Equal([Facts.Self, Facts.Groups[Team.Id].Version], decision.ReadSet.AsEnumerable());
    }

    [Fact]
    public void Denial_read_set_of_an_auditor_includes_all_groups()
    {
        var decision = Refused(Facts, Auditor, ErrorCode.Forbidden);

        Assert.Equal([Facts.Self, Facts.Groups[Team.Id].Version], decision.ReadSet.AsEnumerable());
    }

    [Fact]
    public void Stranger_gets_not_found_for_a_disabled_signer() =>
        Refused(WithState(state => state with { IsDisabled = true }), Stranger, ErrorCode.NotFound);

    [Fact]
    public void Product_administrator_without_membership_cannot_sign()
    {
        var decision = SigningRules.Decide(
            Facts, Stranger.Calls(ProductRole.Admin), SigningAlgorithm.RsaPssSha256, Now);

        Assert.Equal(ErrorCode.Forbidden, Assert.IsType<SigningDecision.Refused>(decision).Code);
    }

    [Fact]
    public void Auditor_does_not_sign() => Refused(Facts, Auditor, ErrorCode.Forbidden);

    [Fact]
    public void Disabled_signer_does_not_sign() =>
        Refused(WithState(state => state with { IsDisabled = true }), Operator, ErrorCode.SignerDisabled);

    [Fact]
    public void Deleted_signer_is_not_found() =>
        Refused(WithState(state => state with { IsDeleted = true }), Administrator, ErrorCode.NotFound);

    [Fact]
    public void Revoked_certificate_does_not_sign() =>
        Refused(WithCertificate(facts => facts with { IsRevoked = true }), Operator, ErrorCode.CertificateRevoked);

    [Fact]
    public void Awaited_certificate_does_not_sign() =>
        Refused(WithCertificate(facts => facts with { IsIssued = false }), Operator, ErrorCode.NotACodeSigningCertificate);

    [Fact]
    public void Certificate_signs_from_its_start_until_before_its_end()
    {
        var first = WithCertificate(facts => facts with { NotBefore = Now });
        var last = WithCertificate(facts => facts with { NotAfter = Now });

        Assert.IsType<SigningDecision.Allowed>(Decide(first, Operator));
        Refused(WithCertificate(facts => facts with { NotBefore = Now.AddTicks(1) }), Operator, ErrorCode.CertificateNotYetValid);
        Refused(last, Operator, ErrorCode.CertificateExpired);
        Assert.IsType<SigningDecision.Allowed>(Decide(WithCertificate(facts => facts with { NotAfter = Now.AddTicks(1) }), Operator));
    }

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.Rsa3072)]
    [InlineData(KeyAlgorithm.Rsa4096)]
    [InlineData(KeyAlgorithm.EcP256)]
    [InlineData(KeyAlgorithm.EcP384)]
    [InlineData(KeyAlgorithm.EcP521)]
    public void Every_algorithm_fits_exactly_the_keys_of_its_family(KeyAlgorithm key)
    {
        var facts = WithCertificate(certificate => certificate with { KeyAlgorithm = key });
        foreach (var algorithm in Enum.GetValues<SigningAlgorithm>())
        {
            var decision = SigningRules.Decide(facts, Operator.Calls(), algorithm, Now);
            var fits = algorithm.ToString().StartsWith("Rsa", StringComparison.Ordinal)
                == key.ToString().StartsWith("Rsa", StringComparison.Ordinal);
            Assert.Equal(fits, decision is SigningDecision.Allowed);
            Assert.Equal(!fits, decision is SigningDecision.Refused { Code: ErrorCode.AlgorithmKeyMismatch });
        }
    }

    [Fact]
    public void Policy_requires_a_grant_from_people_and_machines()
    {
        Assert.IsType<SigningDecision.NeedsGrant>(Decide(WithPolicy(bypass: false), Administrator));
        Assert.IsType<SigningDecision.NeedsGrant>(Decide(WithPolicy(bypass: false), Operator));
    }

    [Fact]
    public void Bypass_is_for_machines_only_and_read_set_includes_policy()
    {
        var facts = WithPolicy(bypass: true);
        var machine = Assert.IsType<SigningDecision.Allowed>(Decide(facts, Operator));

        Assert.True(machine.IsBypass);
        Assert.Contains(facts.Policy!.ToVersion(), machine.ReadSet);
        Assert.IsType<SigningDecision.NeedsGrant>(Decide(facts, Administrator));
    }

    [Fact]
    public void Unreadable_policy_still_requires_a_grant() =>
        Assert.IsType<SigningDecision.NeedsGrant>(Decide(WithPolicy(bypass: true) with { Policy = null }, Operator));

    private static SigningDecision Decide(SignerFacts facts, PrincipalRef caller) =>
        SigningRules.Decide(facts, caller.Calls(), SigningAlgorithm.RsaPssSha256, Now);

    private static SigningDecision.Refused Refused(SignerFacts facts, PrincipalRef caller, ErrorCode code)
    {
        var refused = Assert.IsType<SigningDecision.Refused>(Decide(facts, caller));
        Assert.Equal(code, refused.Code);
        return refused;
    }
}
