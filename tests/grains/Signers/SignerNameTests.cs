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
    public void A_name_that_a_pkcs11_label_can_hold_is_taken(string name) => Assert.Equal(name, SignerName.Validate(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-release")]
    [InlineData("Release")]
    [InlineData("release_1")]
    [InlineData("release\n")]
    [InlineData("sgn_01k9z0000000000000000000000")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    public void Anything_else_is_refused(string? name) =>
        Assert.Equal(ErrorCode.InvalidRequest, Assert.Throws<RefusedException>(() => SignerName.Validate(name)).Code);
}
