using System.Net;
using CodeSigning.Silo.Cluster;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Trust;
using CodeSigning.Testing;
using Npgsql;

namespace CodeSigning.Cluster.Tests;

/// <summary>The cluster authority's key in the hands of somebody who once had the store and its master key.</summary>
internal sealed class LeakedAuthority : IDisposable
{
    private readonly KeyHandle _key;
    private readonly string _cluster;

    private LeakedAuthority(KeyHandle key, string cluster)
    {
        _key = key;
        _cluster = cluster;
    }

    public static async Task<LeakedAuthority> TakeAsync(Deployment deployment)
    {
        await using NpgsqlConnection connection = new(deployment.PostgreSql!.Service + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand read = new(
            "SELECT convert_to(content, 'UTF8') FROM codesigning.states WHERE type = 'key' AND id = 'cluster-authority'", connection);
        var record = SealedKeyStates.Read((byte[])(await read.ExecuteScalarAsync())!);
        using var masterKey = new MasterKeySource(null, deployment.DataDirectory).Load(storeIsEmpty: false);
        using KeyVault vault = new(new KeySealer(masterKey), new NoStore());
        return new LeakedAuthority(
            vault.Open(record, record.Reference, KeyPurpose.ClusterAuthority), ClusterIdentity.Of(deployment.PostgreSql.Service));
    }

    /// <summary>Connects to a node as a node.</summary>
    public Task<SiloCaller> CallAsync(IPEndPoint silo)
    {
        var now = TimeProvider.System.GetUtcNow();
        var certificate = NodeCertificate.Issue(_key, _cluster, now.AddHours(-1), now.AddHours(1));
        return SiloCaller.ConnectAsync(silo, certificate);
    }

    public void Dispose() => _key.Dispose();

    private sealed class NoStore : ISealedKeyStore
    {
        public Task<SealedKey?> LoadAsync(KeyReference reference, CancellationToken cancellationToken) => Task.FromResult<SealedKey?>(null);
    }
}
