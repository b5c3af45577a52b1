using CodeSigning.Errors;
using CodeSigning.Grains.Identities;
using Xunit;

namespace CodeSigning.Grains.Tests.Identities;

public sealed class TextRulesTests
{
    [Theory]
    [InlineData("Ann@Example.COM", "ann@example.com")]
    [InlineData("admin@localhost", "admin@localhost")]
    public void Addresses_are_stored_in_lower_case(string given, string kept) => Assert.Equal(kept, EmailAddress.Normalize(given));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ann")]
    [InlineData("@example.com")]
    [InlineData("ann@")]
    [InlineData("a@b@c")]
    [InlineData("ann @example.com")]
    [InlineData("аnn@example.com")] // The first letter is Cyrillic.
    [InlineData("ann@example.com\0")]
    public void Invalid_email_address_is_refused(string? given) => Assert.Null(EmailAddress.Normalize(given));

    [Theory]
    [InlineData("Ann")]
    [InlineData("Zoë Łukasiewicz")]
    [InlineData("ビルド 🚀")]
    public void Names_are_any_visible_text(string name) => Assert.Equal(name, DisplayText.ValidateName(name));

    [Theory]
    [InlineData("")]
    [InlineData(" Ann")]
    [InlineData("Ann\n")]
    [InlineData("Ann\u202Eexe")]
    [InlineData("Ann\u200B")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x")]
    public void Names_that_could_deceive_are_refused(string name) => Assert.Equal(
        ErrorCode.InvalidRequest, Assert.Throws<RefusedException>(() => DisplayText.ValidateName(name)).Code);

    [Fact]
    public void Half_a_surrogate_pair_is_refused() => Assert.Throws<RefusedException>(() => DisplayText.ValidateName("Ann\uD800"));

    [Theory]
    [InlineData("elevenchars")]
    [InlineData("Ann@example.com")]
    [InlineData(" ann@example.com ")]
    public void Short_passwords_and_the_address_itself_are_refused(string password) => Assert.Throws<RefusedException>(
        () => PasswordRules.Validate(password, "ann@example.com"));

    [Fact]
    public void Password_is_12_to_256_characters_of_any_kind()
    {
        PasswordRules.Validate("twelve chars", "ann@example.com");
        PasswordRules.Validate(new string('x', 256), "ann@example.com");
        Assert.Throws<RefusedException>(() => PasswordRules.Validate(new string('x', 257), "ann@example.com"));
    }
}
