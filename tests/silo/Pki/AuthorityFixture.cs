using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Pki;
using CodeSigning.Silo.Tests.Keys;

namespace CodeSigning.Silo.Tests.Pki;

/// <summary>Keys of all kinds, and a root with an issuing CA below it for each.</summary>
public sealed class AuthorityFixture : IDisposable
{
    public static readonly Uri RootCrl = new("http://pki.example/api/v1/pki/ca/ca_root/crl");
    public static readonly Uri IssuingCrl = new("http://pki.example/api/v1/pki/ca/ca_issuing/crl");

    private readonly VaultFixture _vault = new();

    public KeyVault Vault => _vault.Vault;

    /// <summary>openssl judges by the machine's clock, so certificates that it shall accept are made by that too.</summary>
    public TimeProvider Time { get; } = TimeProvider.System;

    public Task<KeyHandle> OpenAsync(KeyAlgorithm algorithm) => _vault.OpenAsync(algorithm);

    public async Task<TestAuthority> CreateAsync(KeyAlgorithm rootKind, KeyAlgorithm issuingKind, TimeProvider? time = null)
    {
        var clock = time ?? Time;
        var rootKey = await OpenAsync(rootKind);
        var issuingKey = await OpenAsync(issuingKind);
        var root = CertificateAuthority.CreateRoot(rootKey, "Example Root", TimeSpan.FromDays(3650), clock);
        var issuing = new CertificateAuthority(rootKey, root, clock)
            .IssueAuthority(issuingKey.PublicKey, "Example Issuing", TimeSpan.FromDays(1825), RootCrl);
        return new TestAuthority(
            root, issuing, new CertificateAuthority(rootKey, root, clock), new CertificateAuthority(issuingKey, issuing, clock));
    }

    public void Dispose() => _vault.Dispose();
}
