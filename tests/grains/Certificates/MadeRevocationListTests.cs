using CodeSigning.Grains.Certificates;
using Xunit;

namespace CodeSigning.Grains.Tests.Certificates;

public sealed class MadeRevocationListTests
{
    private static readonly DateTimeOffset Made = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_list_with_more_revocations_has_the_higher_number_whatever_the_clock_said()
    {
        var before = MadeRevocationList.NumberOf(4, Made.AddYears(5));
        Assert.True(MadeRevocationList.NumberOf(5, Made) > before);
        Assert.True(MadeRevocationList.NumberOf(4, Made.AddYears(6)) > before);
    }

    [Fact]
    public void A_number_is_never_negative_in_the_life_of_the_format() =>
        Assert.True(MadeRevocationList.NumberOf(1_000_000_000, new DateTimeOffset(2242, 1, 1, 0, 0, 0, TimeSpan.Zero)) > 0);

    [Theory]
    [InlineData(3, 0.0, true)]
    [InlineData(3, 3.49, true)]
    [InlineData(3, 3.5, false)]
    [InlineData(4, 0.0, false)]
    public void A_list_serves_until_half_of_its_life_or_the_next_revocation(long countVersion, double days, bool isFresh)
    {
        var list = new MadeRevocationList(
            new byte[] { 1 }, MadeRevocationList.NumberOf(3, Made), new Validity(Made, Made.AddDays(7)));
        Assert.Equal(isFresh, list.IsFresh(countVersion, Made.AddDays(days)));
    }
}
