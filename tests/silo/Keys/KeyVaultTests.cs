using System.Security.Cryptography;
using CodeSigning.Certificates;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using Xunit;

namespace CodeSigning.Silo.Tests.Keys;

public sealed class KeyVaultTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MasterKey _masterKey = MasterKey.FromBytes(new byte[32]);
    private readonly StoredKeys _store = new();
    private readonly KeyVault _vault;

    public KeyVaultTests() => _vault = VaultOf(cachedKeys: 2);

    public void Dispose()
    {
        _vault.Dispose();
        _masterKey.Dispose();
    }

    [Fact]
    public async Task New_key_is_stored_only_by_the_caller()
    {
        var made = _vault.Generate("key_a", KeyPurpose.CodeSigning, KeyAlgorithm.EcP256);
        using var handle = made.Handle;

        var missing = await Assert.ThrowsAsync<SealedKeyException>(() => OpenAsync("key_a"));
        Assert.Equal(SealedKeyFault.Missing, missing.Fault);
        _store.Put(made.Sealed);
        using var opened = await OpenAsync("key_a");
        Assert.Equal(handle.PublicKey.ToArray(), opened.PublicKey.ToArray());
    }

    [Fact]
    public async Task Concurrent_opens_read_the_key_from_store_once()
    {
        Store("key_a");
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;

        var asking = Enumerable.Range(0, 64).Select(_ => OpenAsync("key_a")).ToArray();
        gate.SetResult();
        var handles = await Task.WhenAll(asking).WaitAsync(Patience);

        Assert.Equal(1, _store.Reads);
        Assert.All(handles, handle => Assert.NotEmpty(handle.SignDigest(SigningAlgorithm.EcdsaSha256, new byte[32])));
        Assert.All(handles, handle => handle.Dispose());
    }

    [Fact]
    public async Task One_callers_cancellation_does_not_fail_other_callers()
    {
        Store("key_a");
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        using var cancelling = new CancellationTokenSource();

        var cancelled = _vault.OpenAsync(new KeyReference("key_a"), KeyPurpose.CodeSigning, cancelling.Token).AsTask();
        var patient = OpenAsync("key_a");
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        gate.SetResult();

        using var handle = await patient.WaitAsync(Patience);
        Assert.Equal(1, _store.Reads);
    }

    [Fact]
    public async Task Failed_load_is_retried()
    {
        await Assert.ThrowsAsync<SealedKeyException>(() => OpenAsync("key_a"));
        Store("key_a");

        using var handle = await OpenAsync("key_a");

        Assert.Equal(KeyAlgorithm.EcP256, handle.Algorithm);
    }

    [Fact]
    public async Task Least_recently_used_key_leaves_the_cache_and_reopens()
    {
        Store("key_a", "key_b", "key_c");

        foreach (var id in new[] { "key_a", "key_b", "key_a", "key_c", "key_a" })
        {
            (await OpenAsync(id)).Dispose();
        }

        Assert.Equal(3, _store.Reads);

        (await OpenAsync("key_b")).Dispose();
        Assert.Equal(4, _store.Reads);
    }

    [Fact]
    public async Task Key_evicted_from_the_cache_while_in_use_keeps_signing()
    {
        Store("key_a", "key_b", "key_c");
        using var held = await OpenAsync("key_a");
        (await OpenAsync("key_b")).Dispose();
        (await OpenAsync("key_c")).Dispose();
        _vault.Close(new KeyReference("key_a"), KeyPurpose.CodeSigning);

        Assert.NotEmpty(held.SignDigest(SigningAlgorithm.EcdsaSha256, new byte[32]));
    }

    [Fact]
    public async Task Closed_vault_opens_no_keys_and_completes_pending_signatures()
    {
        Store("key_a");
        using var held = await OpenAsync("key_a");

        _vault.Dispose();

        Assert.NotEmpty(held.SignDigest(SigningAlgorithm.EcdsaSha256, new byte[32]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => OpenAsync("key_a"));
    }

    [Fact]
    public async Task Disposed_handle_signs_nothing()
    {
        Store("key_a");
        var handle = await OpenAsync("key_a");
        handle.Dispose();
        handle.Dispose();

        Assert.Throws<ObjectDisposedException>(() => handle.SignDigest(SigningAlgorithm.EcdsaSha256, new byte[32]));
        using var again = await OpenAsync("key_a");
        Assert.NotEmpty(again.SignDigest(SigningAlgorithm.EcdsaSha256, new byte[32]));
    }

    [Fact]
    public async Task Concurrent_signers_over_a_small_cache_make_valid_signatures()
    {
        string[] ids = ["key_a", "key_b", "key_c", "key_d", "key_e"];
        Store(ids);
        var signatures = 0;

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 64),
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (signer, cancellationToken) =>
            {
                for (var count = 0; count < 50; count++)
                {
                    using var key = await OpenAsync(ids[(signer + count) % ids.Length]);
                    using var publicKey = VerificationKey.FromSubjectPublicKeyInfo(key.PublicKey.Span);
                    var digest = RandomNumberGenerator.GetBytes(32);
                    Assert.True(publicKey.Verify(
                        SigningAlgorithm.EcdsaSha256, digest, key.SignDigest(SigningAlgorithm.EcdsaSha256, digest)));
                    Interlocked.Increment(ref signatures);
                }
            });

        Assert.Equal(64 * 50, signatures);
    }

    [Fact]
    public async Task Key_for_one_purpose_cannot_be_opened_for_another()
    {
        Store("key_a");

        var refusal = await Assert.ThrowsAsync<SealedKeyException>(
            async () => await _vault.OpenAsync(new KeyReference("key_a"), KeyPurpose.CertificateAuthority, default));

        Assert.Equal(SealedKeyFault.WrongRecord, refusal.Fault);
    }

    [Fact]
    public async Task Secret_is_sealed_and_opened_like_a_key()
    {
        var reference = new KeyReference("key_state", 3);
        var made = _vault.GenerateSecret(reference, KeyPurpose.StateRows);
        using var secret = made.Secret;
        _store.Put(made.Sealed);

        using var opened = await _vault.OpenSecretAsync(reference, KeyPurpose.StateRows, default);

        Assert.Equal(32, opened.Length);
        Assert.True(opened.Span.SequenceEqual(secret.Span));
        await Assert.ThrowsAsync<SealedKeyException>(async () => await _vault.OpenAsync(reference, KeyPurpose.StateRows, default));
    }

    [Fact]
    public async Task Key_pair_cannot_be_opened_as_a_secret()
    {
        Store("key_a");

        var refusal = await Assert.ThrowsAsync<SealedKeyException>(
            () => _vault.OpenSecretAsync(new KeyReference("key_a"), KeyPurpose.CodeSigning, default));

        Assert.Equal(SealedKeyFault.WrongRecord, refusal.Fault);
    }

    [Fact]
    public async Task Imported_key_signs_as_before()
    {
        using var rsa = RSA.Create(2048);
        var imported = _vault.Import("key_i", KeyPurpose.CodeSigning, rsa);
        imported.Handle.Dispose();
        _store.Put(imported.Sealed);

        using var key = await OpenAsync("key_i");

        Assert.Equal(rsa.ExportSubjectPublicKeyInfo(), key.PublicKey.ToArray());
        Assert.Equal(
            rsa.SignHash(new byte[32], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            key.SignDigest(SigningAlgorithm.RsaPkcs1Sha256, new byte[32]));
    }

    [Fact]
    public void Key_of_an_unsupported_kind_is_not_imported()
    {
        using var small = RSA.Create(1024);
        using var odd = RSA.Create(2056);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);

        foreach (var key in new AsymmetricAlgorithm[] { small, odd, curve })
        {
            Assert.Throws<CryptographicException>(() => _vault.Import("key_i", KeyPurpose.CodeSigning, key));
        }
    }

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048, 256)]
    [InlineData(KeyAlgorithm.Rsa3072, 384)]
    public void Generated_RSA_key_has_its_size_and_exponent_65537(KeyAlgorithm kind, int modulusLength)
    {
        var made = _vault.Generate("key_r", KeyPurpose.CodeSigning, kind);
        using var handle = made.Handle;
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(handle.PublicKey.Span, out _);
        var parameters = rsa.ExportParameters(false);

        Assert.Equal(modulusLength, parameters.Modulus!.Length);
        Assert.Equal([1, 0, 1], parameters.Exponent);
    }

    private KeyVault VaultOf(int cachedKeys) => new(new KeySealer(_masterKey), _store, cachedKeys: cachedKeys);

    private void Store(params string[] ids)
    {
        foreach (var id in ids)
        {
            var made = _vault.Generate(id, KeyPurpose.CodeSigning, KeyAlgorithm.EcP256);
            made.Handle.Dispose();
            _store.Put(made.Sealed);
        }
    }

    private async Task<KeyHandle> OpenAsync(string id) =>
        await _vault.OpenAsync(new KeyReference(id), KeyPurpose.CodeSigning, CancellationToken.None);
}
