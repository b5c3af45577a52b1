using CodeSigning.Errors;
using CodeSigning.Grains.Administration;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>A lost password: by a link that only its owner sees, or on the server itself.</summary>
public sealed class PasswordResetTests : IdentitySuite
{
    private const string Next = "the next password of ann";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly Mailbox _mail = new();

    private PasswordResets Resets => Node.Get<PasswordResets>();

    [Fact]
    public async Task Reset_link_goes_to_the_persons_address_and_works_once()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var session = await LogInAsync("ann@example.com", Password);
        await Resets.SendAsync(Administrator, ann.Id, None);
        var (address, token) = Assert.Single(_mail.Sent);
        Assert.Equal("ann@example.com", address);

        await Resets.RedeemAsync(new RedeemPasswordReset(token, Next), "192.0.2.9", None);
        Assert.Null(await FindCallerAsync(session));
        await LogInAsync("ann@example.com", Next);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, Resets.RedeemAsync(new RedeemPasswordReset(token, Password), null, None));
        Assert.NotNull(await VotesFromAsync(ann));
    }

    [Fact]
    public async Task No_entry_and_no_row_holds_the_links_token()
    {
        var ann = await CreateUserAsync("ann@example.com");
        await Resets.SendAsync(Administrator, ann.Id, None);
        var secret = _mail.Sent[0].Token.Split('.')[1];
        Assert.DoesNotContain(secret, string.Join('\n', await ReadEntriesAsync()), StringComparison.Ordinal);
        var row = await Node.Get<IStateStore>().ReadAsync(StateTypes.User, ann.Id, None);
        Assert.DoesNotContain(secret, System.Text.Encoding.UTF8.GetString(row!.Content.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_link_expires_after_an_hour()
    {
        var ann = await CreateUserAsync("ann@example.com");
        await Resets.SendAsync(Administrator, ann.Id, None);
        Node.Time.Advance(TimeSpan.FromHours(1));
        await AssertRefusedAsync(
            ErrorCode.Unauthenticated, Resets.RedeemAsync(new RedeemPasswordReset(_mail.Sent[0].Token, Next), null, None));
    }

    [Fact]
    public async Task Later_link_and_password_change_invalidate_a_link()
    {
        var ann = await CreateUserAsync("ann@example.com");
        await Resets.SendAsync(Administrator, ann.Id, None);
        await Resets.SendAsync(Administrator, ann.Id, None);
        var caller = await SignInAsync("ann@example.com", Password);
        await AssertRefusedAsync(
            ErrorCode.Unauthenticated, Resets.RedeemAsync(new RedeemPasswordReset(_mail.Sent[0].Token, Next), null, None));
        await Users.ChangePasswordAsync(caller, new ChangePassword(Password, "a password of her own"), None);
        await AssertRefusedAsync(
            ErrorCode.Unauthenticated, Resets.RedeemAsync(new RedeemPasswordReset(_mail.Sent[1].Token, Next), null, None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("usr_00000000000000000000000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Invalid_link_is_refused(string token) => await AssertRefusedAsync(
        ErrorCode.Unauthenticated, Resets.RedeemAsync(new RedeemPasswordReset(token, Next), null, None));

    [Fact]
    public async Task Without_a_mail_server_the_answer_names_the_verb()
    {
        var ann = await CreateUserAsync("ann@example.com");
        _mail.IsAvailable = false;
        var refusal = await Assert.ThrowsAsync<RefusedException>(() => Resets.SendAsync(Administrator, ann.Id, None));
        Assert.Equal(ErrorCode.WrongState, refusal.Code);
        Assert.Contains("silo reset-password", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_cannot_send_reset_links()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var caller = await SignInAsync("ann@example.com", Password);
        await AssertRefusedAsync(ErrorCode.Forbidden, Resets.SendAsync(caller, ann.Id, None));
    }

    [Fact]
    public async Task Server_command_resets_password_and_address()
    {
        var ann = await CreateUserAsync("ann@example.com");
        await Users.ResetAsync("Ann@example.com", "ann@example.org", Next, None);
        await LogInAsync("ann@example.org", Next);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync("ann@example.com", Next));
        Assert.NotNull(await VotesFromAsync(ann));
        await AssertRefusedAsync(ErrorCode.NotFound, Users.ResetAsync("nobody@example.com", null, Next, None));
    }

    [Fact]
    public async Task Administrator_can_change_their_own_address()
    {
        await Users.UpdateAsync(Administrator, Administrator.Id, new UpdateUser(Email: "boss@example.com"), None);
        await LogInAsync("boss@example.com", AdministratorPassword);
    }

    protected override void Configure(IServiceCollection services) =>
        services.AddSingleton<IResetMail>(_mail).AddSingleton<PasswordResets>();

    private async Task<DateTimeOffset?> VotesFromAsync(UserView user) =>
        (await Node.Get<IStateStore>().FindAsync<UserState>(StateTypes.User, user.Id, None))!.State.VotesFrom;
}
