using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Signers;
using CodeSigning.Identities;
using CodeSigning.Signers;
using Xunit;
using static CodeSigning.Grains.Tests.Signers.SignerFactsExample;

namespace CodeSigning.Grains.Tests.Signers;

public sealed class SignerAuthorityTests
{
    [Theory]
    [InlineData(SignerRole.Administrator, "Read Edit ManageMembers ManagePolicy ManageStatus PreApprove Revoke Sign Request")]
    [InlineData(SignerRole.Operator, "Read Sign Request")]
    [InlineData(SignerRole.Auditor, "Read")]
    public void A_role_allows_what_the_contracts_table_says(SignerRole role, string actions) =>
        Assert.Equal(actions, string.Join(' ', SignerPermissions.Of(role)));

    [Fact]
    public void A_member_twice_over_has_the_stronger_role()
    {
        var both = WithState(state => state.WithMember(new SignerMember("mbr_5", InTeam, SignerRole.Auditor)));

        Assert.Equal(SignerRole.Operator, SignerAuthority.Of(both, InTeam.Calls()).Role);
    }

    [Fact]
    public void A_membership_of_ones_own_is_preferred_to_an_equal_one_through_a_group()
    {
        var both = WithState(state => state.WithMember(new SignerMember("mbr_5", InTeam, SignerRole.Operator)));

        Assert.Equal([Facts.Self], SignerAuthority.Of(both, InTeam.Calls()).ReadSet.AsEnumerable());
    }

    [Fact]
    public void A_principal_of_another_kind_with_the_same_id_is_somebody_else() =>
        Assert.Null(SignerAuthority.Of(Facts, new PrincipalRef(PrincipalKind.Identity, Administrator.Id).Calls()).Role);

    [Fact]
    public void A_product_administrator_manages_a_signer_but_does_not_sign_ask_or_grant_with_it()
    {
        var actions = SignerAuthority.Of(Facts, new PrincipalRef(PrincipalKind.User, "usr_x").Calls(ProductRole.Admin)).Actions;

        Assert.DoesNotContain(SignerAction.Sign, actions);
        Assert.DoesNotContain(SignerAction.Request, actions);
        Assert.DoesNotContain(SignerAction.PreApprove, actions);
        Assert.Contains(SignerAction.ManageStatus, actions);
        Assert.Contains(SignerAction.BindCertificate, actions);
    }

    [Fact]
    public void Who_may_not_read_is_told_that_there_is_nothing()
    {
        var refusal = Assert.Throws<RefusedException>(() => SignerAuthority.Authorize(
            Facts, new PrincipalRef(PrincipalKind.User, "usr_x").Calls(), SignerAction.Edit));

        Assert.Equal(ErrorCode.NotFound, refusal.Code);
    }

    [Fact]
    public void The_last_administrator_stays()
    {
        Assert.Equal(
            ErrorCode.WrongState, Assert.Throws<RefusedException>(() => Facts.State.WithoutMember("mbr_1")).Code);
        Assert.Equal(
            ErrorCode.WrongState,
            Assert.Throws<RefusedException>(() => Facts.State.WithRole("mbr_1", SignerRole.Operator)).Code);
    }

    [Fact]
    public void The_same_principal_is_not_a_member_twice() =>
        Assert.Equal(
            ErrorCode.Conflict,
            Assert.Throws<RefusedException>(
                () => Facts.State.WithMember(new SignerMember("mbr_9", Team, SignerRole.Auditor))).Code);
}
