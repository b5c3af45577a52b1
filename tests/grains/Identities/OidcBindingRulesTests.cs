using System.Collections.Immutable;
using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class OidcBindingRulesTests
{
    private static readonly OidcBinding Good = new(
        "https://token.actions.example", "codesigning", "repo:acme/app:*", Claims(("repository_id", "42")));

    private static readonly VerifiedToken Token = new(
        "repo:acme/app:ref:refs/heads/main",
        DateTimeOffset.MaxValue,
        new byte[32],
        ImmutableDictionary<string, ImmutableArray<string>>.Empty
            .Add("repository_id", ["42"])
            .Add("groups", ["release", "dev"]));

    [Fact]
    public void Token_that_matches_every_rule_is_accepted() => Assert.Null(Good.FindMismatch(Token));

    [Fact]
    public void Missing_claim_does_not_match()
    {
        var binding = Good with { Claims = Claims(("environment", "*")) };
        Assert.Equal("environment", binding.FindMismatch(Token));
    }

    [Theory]
    [InlineData("repo:acme/app2:*")]
    [InlineData("repo:acme/app")]
    public void Another_subject_does_not_match(string subject) =>
        Assert.Equal("sub", (Good with { Subject = subject }).FindMismatch(Token));

    [Theory]
    [InlineData("release", null)]
    [InlineData("rel", "groups")]
    public void One_member_of_an_array_must_match_whole(string glob, string? mismatch) =>
        Assert.Equal(mismatch, (Good with { Claims = Claims(("groups", glob)) }).FindMismatch(Token));

    [Theory]
    [InlineData("https://issuer.example")]
    [InlineData("https://issuer.example/realms/ci")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://[::1]:8080")]
    public void Issuer_is_an_HTTPS_URL_or_on_loopback(string issuer) =>
        OidcBindingRules.Validate(Good with { Issuer = issuer });

    [Theory]
    [InlineData("")]
    [InlineData("issuer.example")]
    [InlineData("http://issuer.example")]
    [InlineData("http://localhost.evil.example")]
    [InlineData("https://user@issuer.example")]
    [InlineData("https://issuer.example?a=b")]
    [InlineData("https://issuer.example#a")]
    [InlineData("file:///etc/passwd")]
    public void Any_other_issuer_is_refused(string issuer) => AssertRefused(Good with { Issuer = issuer });

    [Fact]
    public void Binding_that_admits_every_user_of_its_issuer_is_refused()
    {
        AssertRefused(Good with { Subject = null, Claims = null });
        AssertRefused(Good with { Subject = "*", Claims = Claims(("repository_id", "**")) });
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("aud")]
    [InlineData("sub")]
    [InlineData("exp")]
    [InlineData("")]
    public void Reserved_claims_are_not_bound_by_pattern(string claim) =>
        AssertRefused(Good with { Claims = Claims((claim, "a")) });

    private static void AssertRefused(OidcBinding binding) => Assert.Equal(
        ErrorCode.InvalidRequest, Assert.Throws<RefusedException>(() => OidcBindingRules.Validate(binding)).Code);

    private static ImmutableSortedDictionary<string, string> Claims(params (string Name, string Glob)[] claims) =>
        claims.ToImmutableSortedDictionary(claim => claim.Name, claim => claim.Glob);
}
