using System.Diagnostics;
using System.Text.RegularExpressions;
using CodeSigning.Grains.Identities;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class ClaimGlobTests
{
    [Theory]
    [InlineData("repo:acme/app:*", "repo:acme/app:ref:refs/heads/main")]
    [InlineData("*", "")]
    [InlineData("a*", "a")]
    [InlineData("*a*b*", "xaxbx")]
    [InlineData("ab*ba", "abba")]
    [InlineData("exactly", "exactly")]
    [InlineData("**a**", "a")]
    public void Star_matches_any_text(string pattern, string text) => Assert.True(ClaimGlob.IsMatch(pattern, text));

    [Theory]
    [InlineData("repo:acme/*", "evil/repo:acme/app")]
    [InlineData("*/main", "refs/heads/main2")]
    [InlineData("acme", "ACME")]
    [InlineData("a.c", "abc")]
    [InlineData("aba*aba", "aba")]
    [InlineData("ab*bc*cd", "abcd")]
    [InlineData("*b*a*", "ab")]
    [InlineData("", "a")]
    [InlineData("a", "")]
    public void Whole_text_must_match_exactly(string pattern, string text) =>
        Assert.False(ClaimGlob.IsMatch(pattern, text));

    [Fact]
    public void Glob_matches_like_its_regular_expression()
    {
        var letters = Gen.Elements('a', 'b', '*').ArrayOf().Select(chars => new string(chars)).ToArbitrary();
        Prop.ForAll(letters, letters, (pattern, text) =>
        {
            var expression = "\\A" + Regex.Escape(pattern).Replace("\\*", "[\\s\\S]*", StringComparison.Ordinal) + "\\z";
            return ClaimGlob.IsMatch(pattern, text) == Regex.IsMatch(text, expression);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Hostile_pattern_matches_in_bounded_time()
    {
        var pattern = string.Concat(Enumerable.Repeat("a*", 250)) + "b";
        var watch = Stopwatch.StartNew();
        Assert.False(ClaimGlob.IsMatch(pattern, new string('a', 16 * 1024)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1));
    }
}
