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
    public void Role_allows_the_actions_of_the_contracts_table(SignerRole role, string actions) =>
        Assert.Equal(actions, string.Join(' ', SignerPermissions.Of(role)));

    [Fact]
    public void Member_with_two_roles_has_the_stronger_one()
    {
        var both = WithState(state => state.WithMember(new SignerMember("mbr_5", InTeam, SignerRole.Auditor)));

        Assert.Equal(SignerRole.Operator, SignerAuthority.Of(both, InTeam.Calls()).Role);
    }

    [Fact]
    public void Direct_membership_is_preferred_to_an_equal_group_membership()
    {
        var both = WithState(state => state.WithMember(new SignerMember("mbr_5", InTeam, SignerRole.Operator)));

        Assert.Equal([Facts.Self], SignerAuthority.Of(both, InTeam.Calls()).ReadSet.AsEnumerable());
    }

    [Fact]
    public void Principal_of_another_kind_with_same_id_has_no_role() =>
        Assert.Null(SignerAuthority.Of(Facts, new PrincipalRef(PrincipalKind.Identity, Administrator.Id).Calls()).Role);

    [Fact]
    public void Product_administrator_manages_signers_without_rights_to_sign()
    {
        var actions = SignerAuthority.Of(Facts, new PrincipalRef(PrincipalKind.User, "usr_x").Calls(ProductRole.Admin)).Actions;

        Assert.DoesNotContain(SignerAction.Sign, actions);
        Assert.DoesNotContain(SignerAction.Request, actions);
        Assert.DoesNotContain(SignerAction.PreApprove, actions);
        Assert.Contains(SignerAction.ManageStatus, actions);
        Assert.Contains(SignerAction.BindCertificate, actions);
    }

    [Fact]
    public void Caller_without_read_access_gets_not_found()
    {
        var refusal = Assert.Throws<RefusedException>(() => SignerAuthority.Authorize(
            Facts, new PrincipalRef(PrincipalKind.User, "usr_x").Calls(), SignerAction.Edit));

        Assert.Equal(ErrorCode.NotFound, refusal.Code);
    }

    [Fact]
    public void Last_administrator_cannot_be_removed()
    {
        Assert.Equal(
            ErrorCode.WrongState, Assert.Throws<RefusedException>(() => Facts.State.WithoutMember("mbr_1")).Code);
        Assert.Equal(
            ErrorCode.WrongState,
            Assert.Throws<RefusedException>(() => Facts.State.WithRole("mbr_1", SignerRole.Operator)).Code);
    }

    [Fact]
    public void Second_membership_of_a_principal_is_refused() =>
        Assert.Equal(
            ErrorCode.Conflict,
            Assert.Throws<RefusedException>(
                () => Facts.State.WithMember(new SignerMember("mbr_9", Team, SignerRole.Auditor))).Code);
}
