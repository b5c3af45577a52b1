using CodeSigning.Silo.Hosting;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>Which OpenSSL is said to sign, and when a newer one is recommended.</summary>
public sealed class OpenSslReportTests
{
    [Theory]
    [InlineData(0x30000110, "3.0.17")]
    [InlineData(0x30500040, "3.5.4")]
    public void Version_is_read_from_the_number_of_OpenSSL(long number, string version) =>
        Assert.Equal(version, OpenSslReport.VersionOf(number).ToString());

    [Theory]
    [InlineData("3.0.17", "flags\t\t: fpu avx512f avx512ifma vaes", true)]
    [InlineData("3.5.0", "flags\t\t: fpu avx512f avx512ifma vaes", false)]
    [InlineData("3.0.17", "flags\t\t: fpu avx2", false)]
    [InlineData("3.0.17", "Features\t: fp asimd", false)]
    public void Newer_OpenSSL_is_recommended_where_the_processor_gains(string version, string flags, bool isSlow) =>
        Assert.Equal(isSlow, OpenSslReport.IsSlow(Version.Parse(version), ["processor\t: 0", flags, flags]));
}
