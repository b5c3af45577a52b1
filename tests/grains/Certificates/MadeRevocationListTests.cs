using CodeSigning.Grains.Certificates;
using Xunit;

namespace CodeSigning.Grains.Tests.Certificates;

public sealed class MadeRevocationListTests
{
    private static readonly DateTimeOffset Made = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void CRL_number_grows_with_revocations_whatever_the_clock_says()
    {
        var before = MadeRevocationList.NumberOf(4, Made.AddYears(5));
        Assert.True(MadeRevocationList.NumberOf(5, Made) > before);
        Assert.True(MadeRevocationList.NumberOf(4, Made.AddYears(6)) > before);
    }

    [Fact]
    public void CRL_number_is_never_negative() =>
        Assert.True(MadeRevocationList.NumberOf(1_000_000_000, new DateTimeOffset(2242, 1, 1, 0, 0, 0, TimeSpan.Zero)) > 0);

    [Theory]
    [InlineData(3, 0.0, true)]
    [InlineData(3, 3.49, true)]
    [InlineData(3, 3.5, false)]
    [InlineData(4, 0.0, false)]
    public void CRL_is_fresh_for_half_its_life_without_new_revocations(long countVersion, double days, bool isFresh)
    {
        var list = new MadeRevocationList(
            new byte[] { 1 }, MadeRevocationList.NumberOf(3, Made), new Validity(Made, Made.AddDays(7)));
        Assert.Equal(isFresh, list.IsFresh(countVersion, Made.AddDays(days)));
    }
}
