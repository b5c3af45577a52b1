using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class SessionTests : IdentitySuite
{
    [Fact]
    public async Task Sessions_last_twelve_hours_for_people_and_one_for_machines()
    {
        Assert.Equal(12 * 3600, (await LogInAsync(AdministratorEmail, AdministratorPassword)).ExpiresIn);
        var identity = await CreateIdentityAsync("ci");
        var token = await LogInAsync(await CreateSecretAsync(identity.Id));
        Assert.Equal(3600, token.ExpiresIn);
        Node.Time.Advance(TimeSpan.FromSeconds(3599));
        Assert.NotNull(await FindCallerAsync(token));
        Node.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await FindCallerAsync(token));
    }

    [Fact]
    public async Task Caller_lists_its_sessions_and_ends_one_of_them()
    {
        await CreateUserAsync("ann@example.com");
        var token = await LogInAsync("ann@example.com", Password);
        Node.Time.Advance(TimeSpan.FromSeconds(1));
        var other = await LogInAsync("ann@example.com", Password, "192.0.2.99");
        var caller = (await FindCallerAsync(token))!;
        var page = await Sessions.ListAsync(caller, 25, null, default);
        Assert.Equal([("192.0.2.99", false), ("192.0.2.1", true)], page.Items.Select(session => (session.Address!, session.IsCurrent)));
        await Sessions.EndAsync(caller, page.Items[0].Id, default);
        Assert.Null(await FindCallerAsync(other));
        Assert.NotNull(await FindCallerAsync(token));
        Assert.Equal(caller.SessionId, Assert.Single((await Sessions.ListAsync(caller, 25, null, default)).Items).Id);
    }

    [Fact]
    public async Task Caller_cannot_end_another_callers_session()
    {
        await CreateUserAsync("ann@example.com");
        var token = await LogInAsync("ann@example.com", Password);
        var ann = (await FindCallerAsync(token))!;
        await AssertRefusedAsync(ErrorCode.NotFound, Sessions.EndAsync(Administrator, ann.SessionId!, default));
        Assert.NotNull(await FindCallerAsync(token));
    }

    [Fact]
    public async Task All_sessions_end_together()
    {
        await CreateUserAsync("ann@example.com");
        var tokens = new[] { await LogInAsync("ann@example.com", Password), await LogInAsync("ann@example.com", Password) };
        await Sessions.EndAllAsync((await FindCallerAsync(tokens[0]))!, default);
        foreach (var token in tokens)
        {
            Assert.Null(await FindCallerAsync(token));
        }

        var again = await SignInAsync("ann@example.com", Password);
        Assert.Single((await Sessions.ListAsync(again, 25, null, default)).Items);
    }

    [Fact]
    public async Task Caller_reads_its_own_identity_and_groups()
    {
        var ann = await CreateUserAsync("ann@example.com");
        var group = await Groups.CreateAsync(Administrator, new CreateGroup("releasers"), default);
        await Groups.AddMemberAsync(Administrator, group.Id, new PrincipalRef(PrincipalKind.User, ann.Id), [], default);
        var caller = await SignInAsync("ann@example.com", Password);
        var me = await Sessions.DescribeAsync(caller, default);
        Assert.Equal((PrincipalKind.User, ann.Id, "Ann", ProductRole.Member), (me.Kind, me.Id, me.Name, me.ProductRole));
        Assert.Equal("releasers", Assert.Single(me.Groups).Name);
        Assert.True(me.Session.IsCurrent);
    }

    [Fact]
    public void Token_holds_256_random_bits_and_finds_its_session()
    {
        var token = SessionToken.New("ses_0123456789abcdefghjkmnpqrs");
        Assert.Equal(72, token.Length);
        Assert.True(SessionToken.TryGetKey(token, out var key));
        Assert.Equal("ses_0123456789abcdefghjkmnpqrs", SessionToken.ToSessionId(key));
        Assert.NotEqual(token, SessionToken.New("ses_0123456789abcdefghjkmnpqrs"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cs_")]
    [InlineData("sk_0123456789abcdefghjkmnpqrs0123456789012345678901234567890123456789012")]
    [InlineData("cs_0123456789abcdefghjkmnpqrs012345678901234567890123456789012345678901é")]
    public void Other_text_is_not_a_token(string text) => Assert.False(SessionToken.TryGetKey(text, out _));
}
