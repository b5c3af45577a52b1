using System.Collections.Concurrent;
using CodeSigning.Gateway.Tests.Server;

namespace CodeSigning.Gateway.Tests.Signing;

/// <summary>A server with a root, an issuing CA under it, and a signer for each kind of key.</summary>
public sealed class SigningWorld : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _signers = new();

    public CodeSigningServer Server { get; private set; } = null!;

    public ApiClient Administrator { get; private set; } = null!;

    public string RootId { get; private set; } = "";

    public string IssuerId { get; private set; } = "";

    public static string UniqueName() => $"s{Guid.NewGuid():n}"[..24];

    public static string SignPath(string signer) => $"/api/v1/pki/signers/{signer}/sign";

    public async Task InitializeAsync()
    {
        Server = await CodeSigningServer.StartAsync();
        Administrator = await Server.AsAdministratorAsync();
        RootId = await CreateAsync("ca", new { commonName = "Test Root", keyAlgorithm = "EC_P384", ttlDays = 3650 });
        IssuerId = await CreateAsync(
            "ca", new { commonName = "Test Issuer", keyAlgorithm = "RSA_3072", ttlDays = 1000, parentId = RootId });
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>The one signer with this kind of key, for tests that only sign with it.</summary>
    public Task<string> SignerWithAsync(string keyAlgorithm) =>
        _signers.GetOrAdd(keyAlgorithm, _ => new Lazy<Task<string>>(() => NewSignerAsync(keyAlgorithm))).Value;

    /// <summary>A signer of the test's own. Its administrator is the first administrator.</summary>
    public Task<string> NewSignerAsync(string keyAlgorithm = "EC_P256", params object[] members)
    {
        var name = UniqueName();
        return CreateAsync("signers", new { name, caId = IssuerId, commonName = name, keyAlgorithm, members });
    }

    public Task<ApiAnswer> SignAsync(
        string signer, string algorithm, byte[] data, bool isDigest, string query = "", string? idempotencyKey = null) =>
        Administrator.PostAsync(
            SignPath(signer) + query,
            new { data = Convert.ToBase64String(data), signingAlgorithm = algorithm, isDigest },
            idempotencyKey);

    /// <summary>The certificate that everybody who may read the signer gets.</summary>
    public async Task<byte[]> CertificateAsync(string signer, string format) =>
        (await Administrator.GetAsync($"/api/v1/pki/signers/{signer}/certificate?format={format}")).Succeeded().Body;

    private async Task<string> CreateAsync(string what, object body) =>
        (await Administrator.PostAsync($"/api/v1/pki/{what}", body)).Succeeded().Text("id");
}
