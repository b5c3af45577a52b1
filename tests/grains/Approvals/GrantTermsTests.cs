using System.Collections.Immutable;
using CodeSigning.Approvals;
using CodeSigning.Errors;
using CodeSigning.Grains.Grants;
using CodeSigning.Grants;
using CodeSigning.Policies;
using Xunit;

namespace CodeSigning.Grains.Tests.Approvals;

/// <summary>What may be asked for under a policy.</summary>
public sealed class GrantTermsTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly PolicyConstraints Both = new("4h", 10);
    private static readonly CreateRequest Plain = new("release 1.2");

    [Fact]
    public void Request_without_terms_gets_the_policys_maximum()
    {
        var terms = GrantTerms.Of(Plain, Both, Now);
        Assert.Equal(new GrantTerms(10, null, null, TimeSpan.FromHours(4), null), terms);
        Assert.Equal((Now.AddDays(1), Now.AddDays(1).AddHours(4)), terms.WindowFrom(Now.AddDays(1)));
    }

    [Fact]
    public void Policy_of_count_alone_gives_a_grant_without_end()
    {
        var terms = GrantTerms.Of(Plain, new PolicyConstraints(MaxSignings: 3), Now);
        Assert.Equal((Now, null), terms.WindowFrom(Now));
        Assert.Equal(3, terms.MaxSignings);
    }

    [Fact]
    public void Policy_of_time_alone_gives_a_grant_without_count() =>
        Assert.Null(GrantTerms.Of(Plain, new PolicyConstraints("4h"), Now).MaxSignings);

    [Fact]
    public void Error_names_the_limit_on_the_number()
    {
        Assert.Equal(10, GrantTerms.Of(Plain with { RequestedSignings = 10 }, Both, Now).MaxSignings);
        var refused = Refuses(ErrorCode.PolicyLimitExceeded, Plain with { RequestedSignings = 11 });
        Assert.Contains("at most 10.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_names_the_limit_on_the_window()
    {
        var refused = Refuses(ErrorCode.PolicyLimitExceeded, Plain with { RequestedWindowDuration = "14401s" });
        Assert.Contains("at most 4h", refused.Message, StringComparison.Ordinal);
        Assert.Equal(
            TimeSpan.FromHours(4), GrantTerms.Of(Plain with { RequestedWindowDuration = "14400s" }, Both, Now).WindowDuration);
    }

    [Fact]
    public void Window_with_start_and_end_cannot_exceed_the_policys_duration()
    {
        var start = Now.AddDays(2);
        var asked = Plain with { WindowStart = start, WindowEnd = start.AddHours(4) };
        Assert.Equal((start, start.AddHours(4)), GrantTerms.Of(asked, Both, Now).WindowFrom(Now));
        Refuses(ErrorCode.PolicyLimitExceeded, asked with { WindowEnd = start.AddHours(4).AddTicks(1) });
    }

    [Fact]
    public void Window_without_a_start_is_measured_from_now()
    {
        var asked = Plain with { WindowEnd = Now.AddHours(4) };
        Assert.Equal((Now.AddHours(1), Now.AddHours(4)), GrantTerms.Of(asked, Both, Now).WindowFrom(Now.AddHours(1)));
        Refuses(ErrorCode.PolicyLimitExceeded, asked with { WindowEnd = Now.AddHours(4).AddTicks(1) });
    }

    [Fact]
    public void Start_with_a_duration_fixes_the_end()
    {
        var asked = Plain with { WindowStart = Now.AddDays(1), RequestedWindowDuration = "1h" };
        Assert.Equal(Now.AddDays(1).AddHours(1), GrantTerms.Of(asked, Both, Now).WindowEnd);
        Assert.Equal(Now.AddDays(1).AddHours(4), GrantTerms.Of(asked with { RequestedWindowDuration = null }, Both, Now).WindowEnd);
    }

    [Fact]
    public void Window_must_lie_in_the_future()
    {
        Refuses(ErrorCode.InvalidRequest, Plain with { WindowEnd = Now });
        Refuses(ErrorCode.InvalidRequest, Plain with { WindowStart = Now.AddHours(-4), WindowEnd = Now.AddTicks(-1) });
        Refuses(ErrorCode.InvalidRequest, Plain with { WindowStart = Now.AddHours(2), WindowEnd = Now.AddHours(1) });
        Refuses(ErrorCode.InvalidRequest, Plain with { WindowStart = DateTimeOffset.MaxValue });
        Refuses(ErrorCode.InvalidRequest, Plain with { WindowEnd = DateTimeOffset.MaxValue });
    }

    [Fact]
    public void Window_with_end_and_duration_is_refused() =>
        Refuses(ErrorCode.InvalidRequest, Plain with { WindowEnd = Now.AddHours(1), RequestedWindowDuration = "1h" });

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void Request_requires_a_justification(string text) =>
        Refuses(ErrorCode.InvalidRequest, Plain with { Justification = text });

    [Fact]
    public void Justification_has_a_maximum_length() =>
        Refuses(ErrorCode.InvalidRequest, Plain with { Justification = new string('x', 2049) });

    [Theory]
    [InlineData(0L)]
    [InlineData(1_000_000_001L)]
    public void Number_is_between_one_and_a_billion(long signings) =>
        Refuses(ErrorCode.InvalidRequest, Plain with { RequestedSignings = signings });

    [Fact]
    public void Scope_is_stored_in_its_normalized_form()
    {
        var digest = new string('A', 64);
        var scope = GrantTerms.Of(Plain with { Scope = new GrantScope(Digests: ["SHA256:" + digest]) }, Both, Now).Scope;
        Assert.Equal(["sha256:" + digest.ToLowerInvariant()], scope!.Digests!.Value.AsEnumerable());
        Refuses(ErrorCode.InvalidRequest, Plain with { Scope = new GrantScope(Digests: ImmutableArray.Create("md5:00")) });
    }

    private static RefusedException Refuses(ErrorCode code, CreateRequest asked)
    {
        var refused = Assert.Throws<RefusedException>(() => GrantTerms.Of(asked, Both, Now));
        Assert.Equal(code, refused.Code);
        return refused;
    }
}
