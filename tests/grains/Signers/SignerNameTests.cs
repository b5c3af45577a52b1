using CodeSigning.Errors;
using CodeSigning.Grains.Signers;
using Xunit;

namespace CodeSigning.Grains.Tests.Signers;

public sealed class SignerNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("release-2026")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public void Name_that_fits_a_PKCS11_label_is_accepted(string name) => Assert.Equal(name, SignerName.Validate(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-release")]
    [InlineData("Release")]
    [InlineData("release_1")]
    [InlineData("release\n")]
    [InlineData("sgn_01k9z0000000000000000000000")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    public void Any_other_name_is_refused(string? name) =>
        Assert.Equal(ErrorCode.InvalidRequest, Assert.Throws<RefusedException>(() => SignerName.Validate(name)).Code);
}
