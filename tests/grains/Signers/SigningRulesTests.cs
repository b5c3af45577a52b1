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
    public void An_operator_signs_at_once_without_a_policy()
    {
        var decision = Assert.IsType<SigningDecision.Allowed>(Decide(Facts, Operator));

        Assert.False(decision.IsBypass);
        Assert.Equal(Facts.Certificate!.NotAfter, decision.Until);
    }

    [Fact]
    public void A_yes_rests_on_signer_certificate_and_the_authorities_above_it()
    {
        var decision = Decide(Facts, Operator);

        Assert.Equal([Facts.Self, .. Facts.Certificate!.ReadSet], decision.ReadSet.AsEnumerable());
    }

    [Fact]
    public void A_yes_through_a_group_rests_on_the_group_too() =>
        Assert.Contains(Facts.Groups[Team.Id].Version, Decide(Facts, InTeam).ReadSet);

    [Fact]
    public void A_no_to_a_stranger_rests_on_every_group_that_could_have_made_it_a_yes()
    {
        var decision = Refused(Facts, Stranger, ErrorCode.NotFound);

        Assert.Equal([Facts.Self, Facts.Groups[Team.Id].Version], decision.ReadSet.AsEnumerable());
    }

    [Fact]
    public void A_no_to_a_member_with_a_weaker_role_rests_on_every_group_that_could_have_made_it_a_yes()
    {
        var decision = Refused(Facts, Auditor, ErrorCode.Forbidden);

        Assert.Equal([Facts.Self, Facts.Groups[Team.Id].Version], decision.ReadSet.AsEnumerable());
    }

    [Fact]
    public void A_stranger_learns_nothing_of_a_disabled_signer() =>
        Refused(WithState(state => state with { IsDisabled = true }), Stranger, ErrorCode.NotFound);

    [Fact]
    public void A_product_administrator_who_is_no_member_does_not_sign()
    {
        var decision = SigningRules.Decide(
            Facts, Stranger.Calls(ProductRole.Admin), SigningAlgorithm.RsaPssSha256, Now);

        Assert.Equal(ErrorCode.Forbidden, Assert.IsType<SigningDecision.Refused>(decision).Code);
    }

    [Fact]
    public void An_auditor_does_not_sign() => Refused(Facts, Auditor, ErrorCode.Forbidden);

    [Fact]
    public void A_disabled_signer_does_not_sign() =>
        Refused(WithState(state => state with { IsDisabled = true }), Operator, ErrorCode.SignerDisabled);

    [Fact]
    public void A_deleted_signer_is_not_found() =>
        Refused(WithState(state => state with { IsDeleted = true }), Administrator, ErrorCode.NotFound);

    [Fact]
    public void A_revoked_certificate_does_not_sign() =>
        Refused(WithCertificate(facts => facts with { IsRevoked = true }), Operator, ErrorCode.CertificateRevoked);

    [Fact]
    public void A_certificate_that_is_still_owed_does_not_sign() =>
        Refused(WithCertificate(facts => facts with { IsIssued = false }), Operator, ErrorCode.NotACodeSigningCertificate);

    [Fact]
    public void A_certificate_signs_from_its_first_moment_until_just_before_its_last()
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
    public void Every_algorithm_fits_either_every_key_of_a_family_or_none(KeyAlgorithm key)
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
    public void A_policy_demands_a_grant_of_people_and_of_machines()
    {
        Assert.IsType<SigningDecision.NeedsGrant>(Decide(WithPolicy(bypass: false), Administrator));
        Assert.IsType<SigningDecision.NeedsGrant>(Decide(WithPolicy(bypass: false), Operator));
    }

    [Fact]
    public void A_bypass_is_for_machines_only_and_rests_on_the_policy()
    {
        var facts = WithPolicy(bypass: true);
        var machine = Assert.IsType<SigningDecision.Allowed>(Decide(facts, Operator));

        Assert.True(machine.IsBypass);
        Assert.Contains(facts.Policy!.ToVersion(), machine.ReadSet);
        Assert.IsType<SigningDecision.NeedsGrant>(Decide(facts, Administrator));
    }

    [Fact]
    public void A_policy_that_cannot_be_read_still_demands_a_grant() =>
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
