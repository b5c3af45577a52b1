using CodeSigning.Errors;
using CodeSigning.Grains.Budgets;
using CodeSigning.Grains.Identities;
using CodeSigning.Grains.States;
using CodeSigning.Identities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>A fleet that starts at once gets in; one identity that logs in without end does not fill the store.</summary>
public sealed class LoginFloodTests : IdentitySuite
{
    [Fact]
    public async Task Thousand_jobs_log_in_at_once()
    {
        var secret = await CreateSecretAsync((await CreateIdentityAsync("ci")).Id);
        var tokens = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => LogInAsync(secret)));
        Assert.Equal(1000, tokens.Select(token => token.AccessToken).Distinct().Count());
    }

    [Fact]
    public void Default_login_budget_is_2000_and_50_a_second() =>
        Assert.Equal(new BudgetRule(2000, 50), new SessionOptions().Logins);
}

/// <summary>Principals who may log in ten times at once.</summary>
public sealed class SpentLoginBudgetTests : IdentitySuite
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Flooding_logins_get_a_retry_after_and_no_session()
    {
        var secret = await CreateSecretAsync((await CreateIdentityAsync("ci")).Id);
        var refusals = await FloodAsync(secret, 50);
        Assert.Equal(40, refusals.Count);
        Assert.All(refusals, refusal => Assert.Equal((ErrorCode.RateLimited, true), (refusal.Code, refusal.RetryAfter > TimeSpan.Zero)));
        Assert.Equal(10, await CountSessionsAsync(secret.ClientId));
        Node.Time.Advance(refusals[0].RetryAfter!.Value);
        await LogInAsync(secret);
    }

    [Fact]
    public async Task Login_flood_blocks_no_other_account()
    {
        var secret = await CreateSecretAsync((await CreateIdentityAsync("ci")).Id);
        var other = await CreateSecretAsync((await CreateIdentityAsync("other")).Id);
        await FloodAsync(secret, 50);
        await LogInAsync(other);
        await LogInAsync(AdministratorEmail, AdministratorPassword);
    }

    [Fact]
    public async Task Failed_logins_do_not_spend_the_owners_budget()
    {
        var secret = await CreateSecretAsync((await CreateIdentityAsync("ci")).Id);
        for (var i = 0; i < 15; i++)
        {
            await AssertRefusedAsync(ErrorCode.Unauthenticated, LogInAsync(secret with { ClientSecret = secret.ClientSecret[..^1] + "!" }));
        }

        for (var i = 0; i < 10; i++)
        {
            await LogInAsync(secret);
        }
    }

    [Fact]
    public async Task People_have_the_same_login_budget()
    {
        await CreateUserAsync("ann@example.com");
        for (var i = 0; i < 10; i++)
        {
            await LogInAsync("ann@example.com", Password);
        }

        await AssertRefusedAsync(ErrorCode.RateLimited, LogInAsync("ann@example.com", Password));
    }

    protected override void Configure(IServiceCollection services) =>
        services.Configure<SessionOptions>(options => options.Logins = new BudgetRule(10, 1));

    private async Task<List<RefusedException>> FloodAsync(NewClientSecretView secret, int times)
    {
        List<RefusedException> refusals = [];
        for (var i = 0; i < times; i++)
        {
            try
            {
                await LogInAsync(secret);
            }
            catch (RefusedException refused)
            {
                refusals.Add(refused);
            }
        }

        return refusals;
    }

    private async Task<int> CountSessionsAsync(string identityId)
    {
        var link = new PrincipalRef(PrincipalKind.Identity, identityId).ToLink();
        return (await Node.Get<IStateStore>().ListAsync(new StateQuery(StateTypes.Session, AnyLink: [link], Limit: 1000), None)).Count;
    }
}
