using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>What is decided of a token once its signature, issuer, audience and times were verified.</summary>
public sealed class OidcLoginTests : IdentitySuite
{
    private static readonly OidcBinding Binding = new("https://issuer.example", "codesigning", "repo:acme/app:*");
    private readonly VerifiedTokens _tokens = new();
    private IdentityView _identity = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _identity = await CreateIdentityAsync("ci");
        await Machines.BindOidcAsync(Administrator, _identity.Id, Binding, default);
        _tokens.Add("good", "repo:acme/app:main", Node.Time.GetUtcNow().AddMinutes(5));
    }

    protected override void Configure(IServiceCollection services) => services.AddSingleton<ITokenVerifier>(_tokens);

    [Fact]
    public async Task Session_ends_half_an_hour_after_its_token()
    {
        var token = await UseAsync("good");
        Assert.Equal(35 * 60, token.ExpiresIn);
        var caller = await FindCallerAsync(token);
        Assert.Equal(_identity.Id, caller!.Id);
        var session = Assert.Single((await Sessions.ListAsync(caller, 25, null, default)).Items);
        Assert.Equal("repo:acme/app:main", session.Subject);
    }

    [Fact]
    public async Task Foreign_subject_and_invalid_token_fail_alike()
    {
        _tokens.Add("other", "repo:acme/app2:main", Node.Time.GetUtcNow().AddMinutes(5));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("other"));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("bad"));
    }

    [Fact]
    public async Task Token_logs_in_again_only_from_the_same_address()
    {
        await UseAsync("good");
        await UseAsync("good");
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("good", "203.0.113.9"));
    }

    [Fact]
    public async Task One_of_concurrent_addresses_with_a_token_logs_in()
    {
        for (var round = 0; round < 10; round++)
        {
            _tokens.Add($"token{round}", "repo:acme/app:main", Node.Time.GetUtcNow().AddMinutes(5));
            var places = Enumerable.Range(1, 4).Select(async place =>
            {
                try
                {
                    await Task.Run(() => UseAsync($"token{round}", $"10.0.{round}.{place}"));
                    return true;
                }
                catch (RefusedException)
                {
                    return false;
                }
            });
            Assert.Single(await Task.WhenAll(places), isIn => isIn);
        }
    }

    [Fact]
    public async Task Token_used_by_one_identity_is_refused_for_another()
    {
        var other = await CreateIdentityAsync("other");
        await Machines.BindOidcAsync(Administrator, other.Id, Binding, default);
        await UseAsync("good");
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("good", identityId: other.Id));
    }

    [Fact]
    public async Task Sessions_end_with_their_binding()
    {
        var token = await UseAsync("good");
        var bySecret = await LogInAsync(await CreateSecretAsync(_identity.Id));
        await Machines.BindOidcAsync(Administrator, _identity.Id, Binding with { Subject = "repo:acme/app2:*" }, default);
        Assert.Null(await FindCallerAsync(token));
        Assert.NotNull(await FindCallerAsync(bySecret));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("good"));
    }

    [Fact]
    public async Task Without_a_binding_no_token_logs_in()
    {
        await Machines.UnbindOidcAsync(Administrator, _identity.Id, default);
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("good"));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("good", identityId: "idn_00000000000000000000000000"));
        await AssertRefusedAsync(ErrorCode.Unauthenticated, UseAsync("good", identityId: "\0"));
    }

    private Task<IssuedToken> UseAsync(string token, string address = "192.0.2.1", string? identityId = null) =>
        Node.Get<OidcLogin>().LoginAsync(
            new OidcCredentials(identityId ?? _identity.Id, token), Origin with { Address = address }, default);

    /// <summary>Stands where the gateway verifies signatures; its own tests are the gateway's.</summary>
    private sealed class VerifiedTokens : ITokenVerifier
    {
        private readonly Dictionary<string, VerifiedToken> _tokens = [];

        public void Add(string token, string subject, DateTimeOffset expiresAt)
        {
            var fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes(token));
            _tokens[token] = new VerifiedToken(
                subject, expiresAt, fingerprint, ImmutableDictionary<string, ImmutableArray<string>>.Empty);
        }

        public Task<TokenVerdict> VerifyAsync(
            string issuer, string audience, string token, CancellationToken cancellationToken) =>
            Task.FromResult(_tokens.TryGetValue(token, out var known) ? new TokenVerdict(known, null) : TokenVerdict.Invalid("it is unknown"));
    }
}
