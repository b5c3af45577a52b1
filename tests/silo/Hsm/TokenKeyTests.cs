using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Tests.Keys;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>Keys that are made and used in a token.</summary>
[Collection(SoftHsmSuite.Name)]
public sealed class TokenKeyTests : IDisposable
{
    private readonly SoftHsm _hsm = new();

    public void Dispose() => _hsm.Dispose();

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.Rsa3072)]
    [InlineData(KeyAlgorithm.EcP256)]
    [InlineData(KeyAlgorithm.EcP384)]
    [InlineData(KeyAlgorithm.EcP521)]
    public async Task Signatures_of_all_schemes_verify_with_the_public_key(KeyAlgorithm algorithm)
    {
        await using var fixture = new HsmFixture(_hsm);
        using var key = await fixture.MakeAsync("key_1", algorithm);
        using var publicKey = VerificationKey.FromSubjectPublicKeyInfo(key.PublicKey.Span);

        Assert.Equal(algorithm, publicKey.Algorithm);
        foreach (var scheme in Enum.GetValues<SigningAlgorithm>().Where(scheme => scheme.Fits(algorithm)))
        {
            var digest = RandomNumberGenerator.GetBytes(scheme.DigestLength());
            var signature = await fixture.Token.RunAsync("", () => key.SignDigest(scheme, digest), CancellationToken.None);
            Assert.True(publicKey.Verify(scheme, digest, signature), scheme.ToString());
        }
    }

    [Fact]
    public async Task Key_can_neither_leave_nor_do_anything_but_sign()
    {
        await using var fixture = new HsmFixture(_hsm);
        using var key = await fixture.MakeAsync("key_1", KeyAlgorithm.Rsa2048);

        var shown = _hsm.ListObjects();

        var privateKey = shown[shown.IndexOf("Private Key Object", StringComparison.Ordinal)..].Split("Public Key Object")[0];
        Assert.Contains("label:      key_1", privateKey, StringComparison.Ordinal);
        Assert.Contains($"ID:         {Convert.ToHexStringLower("key_1"u8)}", privateKey, StringComparison.Ordinal);
        Assert.Contains("Usage:      sign\n", privateKey, StringComparison.Ordinal);
        Assert.Contains("Access:     sensitive, always sensitive, never extractable, local", privateKey, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stored_key_signs_after_a_restart()
    {
        StoredKeys stored;
        byte[] publicKey;
        await using (var before = new HsmFixture(_hsm))
        {
            using var key = await before.MakeAsync("key_1", KeyAlgorithm.EcP256);
            (stored, publicKey) = (before.Store, key.PublicKey.ToArray());
        }

        await using var after = new HsmFixture(_hsm);
        after.Store.Put((await stored.LoadAsync(new KeyReference("key_1"), CancellationToken.None))!);
        using var handle = await after.Vault.OpenAsync(new KeyReference("key_1"), KeyPurpose.CodeSigning, CancellationToken.None);
        using var verification = VerificationKey.FromSubjectPublicKeyInfo(publicKey);
        var digest = new byte[32];
        var signature = await after.Token.RunAsync(
            "", () => handle.SignDigest(SigningAlgorithm.EcdsaSha256, digest), CancellationToken.None);
        Assert.True(verification.Verify(SigningAlgorithm.EcdsaSha256, digest, signature));
    }

    [Fact]
    public async Task Destroyed_key_is_gone_from_the_token()
    {
        await using var fixture = new HsmFixture(_hsm);
        using var kept = await fixture.MakeAsync("key_1", KeyAlgorithm.EcP256);
        using var destroyed = await fixture.MakeAsync("key_2", KeyAlgorithm.EcP256);

        await fixture.Vault.DestroyInTokenAsync(
            (await fixture.Store.LoadAsync(new KeyReference("key_2"), CancellationToken.None))!, CancellationToken.None);

        var shown = _hsm.ListObjects();
        Assert.Contains("key_1", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("key_2", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_in_the_token_is_adopted_by_label_or_id()
    {
        _hsm.MakeKey("EC:secp256r1", "release", "0a1b");
        var publicKey = _hsm.ReadPublicKey("release");
        await using var fixture = new HsmFixture(_hsm);

        foreach (var name in new[] { new TokenKeyName("release", null), new TokenKeyName(null, new byte[] { 0x0a, 0x1b }) })
        {
            var key = await AdoptAsync(fixture, name, publicKey);
            using var handle = key.Handle;
            Assert.Equal(publicKey, handle.PublicKey.ToArray());
        }
    }

    [Fact]
    public async Task Key_made_by_other_tools_meanwhile_is_adopted()
    {
        await using var fixture = new HsmFixture(_hsm);
        await fixture.Token.ProbeAsync(CancellationToken.None);
        _hsm.MakeKey("EC:secp256r1", "release", "0a1b");
        var publicKey = _hsm.ReadPublicKey("release");
        await Assert.ThrowsAsync<RefusedException>(() => AdoptAsync(fixture, new TokenKeyName("none", null), publicKey));

        var key = await AdoptAsync(fixture, new TokenKeyName("release", null), publicKey);

        using var handle = key.Handle;
        Assert.Equal(publicKey, handle.PublicKey.ToArray());
    }

    [Fact]
    public async Task Key_of_another_certificate_is_not_adopted()
    {
        _hsm.MakeKey("EC:secp256r1", "release", "0a1b");
        _hsm.MakeKey("EC:secp256r1", "other", "0a1c");
        var publicKey = _hsm.ReadPublicKey("other");
        await using var fixture = new HsmFixture(_hsm);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => AdoptAsync(fixture, new TokenKeyName("release", null), publicKey));
        var missing = await Assert.ThrowsAsync<RefusedException>(() => AdoptAsync(fixture, new TokenKeyName("none", null), publicKey));

        Assert.Equal(ErrorCode.InvalidRequest, refused.Code);
        Assert.Contains("does not verify", refused.Message, StringComparison.Ordinal);
        Assert.Contains("does not show the key none", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Altered_record_cannot_name_another_key()
    {
        await using var fixture = new HsmFixture(_hsm);
        using var key = await fixture.MakeAsync("key_1", KeyAlgorithm.EcP256);
        var record = (await fixture.Store.LoadAsync(new KeyReference("key_1"), CancellationToken.None))!;

        fixture.Store.Put(record with { IsInToken = false });

        await Assert.ThrowsAsync<SealedKeyException>(
            () => fixture.Vault.OpenAsync(new KeyReference("key_1"), KeyPurpose.CodeSigning, CancellationToken.None).AsTask());
    }

    private static Task<NewKey> AdoptAsync(HsmFixture fixture, TokenKeyName name, byte[] publicKey) => fixture.Vault.AdoptFromTokenAsync(
        "key_adopted", KeyPurpose.CodeSigning, HsmFixture.Custody, name, publicKey, CancellationToken.None);
}
