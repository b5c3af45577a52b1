using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>How people get their first password.</summary>
public sealed class InvitationTests : IdentitySuite
{
    private const string Email = "ann@example.com";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly Mailbox _mail = new();

    private Invitations Invitations => Node.Get<Invitations>();

    [Fact]
    public async Task Mailed_invitation_is_seen_by_the_person_alone()
    {
        var ann = await InviteAsync();
        Assert.Equal((true, null, Node.Time.GetUtcNow().AddDays(1)), (ann.Invitation!.IsMailed, ann.Invitation.Link, ann.Invitation.ExpiresAt));
        var (address, token) = Assert.Single(_mail.Sent);
        Assert.Equal(Email, address);
        await Invitations.RedeemAsync(new RedeemPasswordReset(token, Password), null, None);
        Assert.Null((await SignInAsync(Email, Password)).Obligation);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, Invitations.RedeemAsync(new RedeemPasswordReset(token, Password), null, None));
        Assert.Contains(await ReadEntriesAsync(), entry => entry.Contains("\"link\":\"mailed\"", StringComparison.Ordinal));
        Assert.DoesNotContain(token.Split('.')[1], string.Join('\n', await ReadEntriesAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_mail_server_the_answer_shows_the_link_once()
    {
        _mail.IsAvailable = false;
        var ann = await InviteAsync();
        Assert.False(ann.Invitation!.IsMailed);
        var token = new Uri(ann.Invitation.Link!).Fragment[1..];
        Assert.Empty(_mail.Sent);
        Assert.Null((await Node.Get<UserDirectory>().GetAsync(Administrator, ann.Id, None)).Invitation);
        Assert.Contains(await ReadEntriesAsync(), entry => entry.Contains("\"link\":\"shown\"", StringComparison.Ordinal));
        await Invitations.RedeemAsync(new RedeemPasswordReset(token, Password), null, None);
        await LogInAsync(Email, Password);
    }

    [Fact]
    public async Task Invitation_is_over_after_a_day()
    {
        await InviteAsync();
        Node.Time.Sleep(TimeSpan.FromDays(1));
        await AssertRefusedAsync(
            ErrorCode.Unauthenticated, Invitations.RedeemAsync(new RedeemPasswordReset(_mail.Sent[0].Token, Password), null, None));
    }

    [Fact]
    public async Task Invited_person_cannot_log_in_without_a_password()
    {
        await InviteAsync();
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, ""));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(Email, Password));
    }

    [Fact]
    public async Task Members_invite_nobody()
    {
        await CreateUserAsync(Email);
        var ann = await SignInAsync(Email, Password);
        await AssertRefusedAsync(ErrorCode.Forbidden, Invitations.CreateAsync(ann, new CreateUser("bob@example.com", "Bob"), None));
    }

    [Fact]
    public async Task Password_that_an_administrator_set_must_be_changed()
    {
        await CreateUserAsync(Email);
        var ann = await SignInAsync(Email, Password);
        Assert.Equal(CallerObligation.ChangePassword, ann.Obligation);
        await AssertRefusedAsync(ErrorCode.InvalidRequest, Users.ChangePasswordAsync(ann, new ChangePassword(Password, Password), None));
        await Users.ChangePasswordAsync(ann, new ChangePassword(Password, "a password of her own"), None);
        Assert.Null((await Node.Get<LiveSessions>().FindAsync(ann.SessionId!, None))!.Caller.Obligation);
        Assert.Null((await SignInAsync(Email, "a password of her own")).Obligation);
    }

    [Fact]
    public async Task First_password_set_afterwards_must_be_changed_too()
    {
        var ann = await Users.CreateAsync(Administrator, new CreateUser(Email, "Ann"), None);
        await Users.UpdateAsync(Administrator, ann.Id, new UpdateUser(Password: Password), None);
        Assert.Equal(CallerObligation.ChangePassword, (await SignInAsync(Email, Password)).Obligation);
    }

    [Fact]
    public async Task Password_that_the_server_printed_must_be_changed()
    {
        await CreateUserAsync(Email);
        await Users.ResetAsync(Email, null, "the next password of ann", None);
        Assert.Equal(CallerObligation.ChangePassword, (await SignInAsync(Email, "the next password of ann")).Obligation);
    }

    [Fact]
    public async Task Password_chosen_by_a_link_need_not_be_changed()
    {
        var ann = await CreateUserAsync(Email);
        await Node.Get<PasswordResets>().SendAsync(Administrator, ann.Id, None);
        await Invitations.RedeemAsync(new RedeemPasswordReset(_mail.Sent[0].Token, "a password of her own"), null, None);
        Assert.Null((await SignInAsync(Email, "a password of her own")).Obligation);
    }

    [Fact]
    public async Task First_administrator_keeps_the_password_of_the_settings() =>
        Assert.Null((await SignInAsync(AdministratorEmail, AdministratorPassword)).Obligation);

    [Theory]
    [InlineData(SecondFactorRequirement.Off, ProductRole.Admin, null)]
    [InlineData(SecondFactorRequirement.Administrators, ProductRole.Admin, CallerObligation.EnrolSecondFactor)]
    [InlineData(SecondFactorRequirement.Administrators, ProductRole.Member, null)]
    [InlineData(SecondFactorRequirement.All, ProductRole.Member, CallerObligation.EnrolSecondFactor)]
    public void Second_factor_is_required_of_whom_the_operator_says(
        SecondFactorRequirement requirement, ProductRole role, CallerObligation? obligation)
    {
        var user = new UserState { Role = role };
        Assert.Equal(obligation, Obligations.Of(user, requirement));
        Assert.Null(Obligations.Of(user with { Totp = new TotpFactor([], default) }, requirement));
        Assert.Equal(CallerObligation.ChangePassword, Obligations.Of(user with { MustChangePassword = true }, requirement));
    }

    protected override void Configure(IServiceCollection services) =>
        services.AddSingleton<IResetMail>(_mail).AddSingleton<PasswordResets>().AddSingleton<Invitations>();

    private Task<UserView> InviteAsync() => Invitations.CreateAsync(Administrator, new CreateUser(Email, "Ann"), None);
}
