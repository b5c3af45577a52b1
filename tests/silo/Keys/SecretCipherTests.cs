using CodeSigning.Silo.Keys;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class SecretCipherTests : IDisposable
{
    private readonly SecretCipher _cipher = new(SecretBytes.Random(32));

    public void Dispose() => _cipher.Dispose();

    [Fact]
    public void Ciphertext_decrypts_only_with_its_associated_data() =>
        Prop.ForAll((byte[] plaintext, byte[] associatedData) =>
        {
            var encrypted = _cipher.Encrypt(plaintext, associatedData);
            return _cipher.TryDecrypt(encrypted, associatedData, out var decrypted)
                && decrypted.SequenceEqual(plaintext)
                && !_cipher.TryDecrypt(encrypted, [.. associatedData, 0], out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Change_of_any_byte_is_refused()
    {
        var encrypted = _cipher.Encrypt("an answer"u8, "usr_1"u8);

        for (var place = 0; place < encrypted.Length; place++)
        {
            var altered = encrypted.ToArray();
            altered[place] ^= 1;
            Assert.False(_cipher.TryDecrypt(altered, "usr_1"u8, out var nothing));
            Assert.Empty(nothing);
        }

        for (var length = 0; length < encrypted.Length; length++)
        {
            Assert.False(_cipher.TryDecrypt(encrypted.AsSpan(0, length), "usr_1"u8, out _));
        }
    }

    [Fact]
    public void Another_secret_decrypts_nothing()
    {
        using var other = new SecretCipher(SecretBytes.Random(32));

        Assert.False(other.TryDecrypt(_cipher.Encrypt("an answer"u8, []), [], out _));
    }
}
