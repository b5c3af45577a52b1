using System.Text;
using CodeSigning.Grains.Identities;
using CodeSigning.Identities;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

/// <summary>Which codes count, and how many wrong ones are tried.</summary>
public sealed class SecondFactorRulesTests
{
    private const string UserId = "usr_1";
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SecondFactorState Fresh = new() { LastStep = 0, RecoveryCodes = [] };

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_RFC_6238_appendix_B(long seconds, string code) =>
        Assert.Equal(seconds / 30, TotpRules.FindStep(Secret, code, 0, DateTimeOffset.FromUnixTimeSeconds(seconds)));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Clock_may_be_off_by_one_step(int steps, bool counts)
    {
        var app = new Authenticator(OtpNet.Base32Encoding.ToString(Secret), new FixedClock(Now));
        Assert.Equal(counts, TotpRules.FindStep(Secret, app.CodeAt(TimeSpan.FromSeconds(30 * steps)), 0, Now) is not null);
    }

    [Fact]
    public void Step_counts_once_and_no_earlier_one_after_it()
    {
        var app = new Authenticator(OtpNet.Base32Encoding.ToString(Secret), new FixedClock(Now));
        var next = Assert.IsType<FactorDecision.Proved>(Decide(Fresh, app.Code)).Next;
        Assert.IsType<FactorDecision.Wrong>(Decide(next, app.Code));
        Assert.IsType<FactorDecision.Wrong>(Decide(next, app.CodeAt(TimeSpan.FromSeconds(-30))));
        Assert.IsType<FactorDecision.Proved>(Decide(next, app.CodeAt(TimeSpan.FromSeconds(30))));
    }

    [Fact]
    public void Code_is_read_with_the_space_that_apps_show()
    {
        var app = new Authenticator(OtpNet.Base32Encoding.ToString(Secret), new FixedClock(Now));
        Assert.IsType<FactorDecision.Proved>(Decide(Fresh, app.Code.Insert(3, " ")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("abcdef")]
    [InlineData("\u0661\u0662\u0663\u0664\u0665\u0666")]
    public void Anything_else_is_wrong(string code) => Assert.IsType<FactorDecision.Wrong>(Decide(Fresh, code));

    [Fact]
    public void Fewer_than_ten_guesses_fit_the_life_of_a_code()
    {
        var state = Fresh;
        var tried = 0;
        for (var at = Now; at < Now.AddSeconds(90); at = at.AddMilliseconds(500))
        {
            if (SecondFactorRules.Decide(state, Secret, UserId, "x", at) is FactorDecision.Wrong wrong)
            {
                state = wrong.Next;
                tried++;
            }
        }

        Assert.InRange(tried, 5, 9);
    }

    [Fact]
    public void Fewer_than_120_wrong_codes_are_tried_in_a_day()
    {
        var state = Fresh;
        var tried = 0;
        for (var at = Now; at < Now.AddDays(1); at = at.AddSeconds(10))
        {
            if (SecondFactorRules.Decide(state, Secret, UserId, "x", at) is FactorDecision.Wrong wrong)
            {
                state = wrong.Next;
                tried++;
            }
        }

        Assert.InRange(tried, 50, 119);
    }

    [Fact]
    public void Recovery_code_gets_in_past_the_block_and_once()
    {
        var codes = RecoveryCodes.New();
        var state = Fresh with { RecoveryCodes = RecoveryCodes.Hash(UserId, codes), Failures = 50, LastFailure = Now };
        Assert.IsType<FactorDecision.Blocked>(Decide(state, "123456"));
        var proved = Assert.IsType<FactorDecision.Proved>(Decide(state, codes[3].ToUpperInvariant().Replace('-', ' ')));
        Assert.Equal((AuthenticationMethod.RecoveryCode, 9, 0), (proved.Method, proved.Next.RecoveryCodes.Length, proved.Next.Failures));
        Assert.IsType<FactorDecision.Wrong>(Decide(proved.Next, codes[3]));
        Assert.IsType<FactorDecision.Proved>(Decide(proved.Next, codes[4]));
    }

    [Fact]
    public void Recovery_codes_are_of_one_person()
    {
        var codes = RecoveryCodes.New();
        Assert.Equal(10, codes.Distinct().Count());
        Assert.IsType<FactorDecision.Wrong>(
            Decide(Fresh with { RecoveryCodes = RecoveryCodes.Hash("usr_2", codes) }, codes[0]));
    }

    private static FactorDecision Decide(SecondFactorState state, string code) =>
        SecondFactorRules.Decide(state, Secret, UserId, code, Now);

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
