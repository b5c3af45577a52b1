using CodeSigning.Certificates;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Tests.Keys;
using CodeSigning.Silo.Trust;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace CodeSigning.Silo.Tests.Hosting;

/// <summary>Connections live as long as the authority that their handshake was made under.</summary>
public sealed class ClusterTrustTests : IDisposable
{
    private readonly KeyVault _vault = new(new KeySealer(MasterKey.FromBytes(new byte[32])), new StoredKeys());
    private readonly ClusterTrust _trust = new();
    private readonly TrustedAuthority _first;
    private readonly TrustedAuthority _second;

    public ClusterTrustTests()
    {
        _first = Make(1);
        _second = Make(2);
        _trust.Trust(_first);
    }

    public void Dispose()
    {
        _trust.Dispose();
        _second.Dispose();
        _vault.Dispose();
    }

    [Fact]
    public async Task New_authority_cuts_connections_of_the_old_one()
    {
        CutConnection connection = new();
        TaskCompletionSource life = new();
        var held = _trust.HoldAsync(connection, _first, () => life.Task);
        Assert.False(connection.IsCut);

        Assert.Equal(1, _trust.Trust(_second));

        Assert.True(connection.IsCut);
        life.SetResult();
        await held;
    }

    [Fact]
    public async Task Handshake_under_a_replaced_authority_is_cut()
    {
        _trust.Trust(_second);
        CutConnection connection = new();

        await _trust.HoldAsync(connection, _first, () => throw new InvalidOperationException("It was let live."));

        Assert.True(connection.IsCut);
    }

    [Fact]
    public async Task Ended_connection_is_forgotten()
    {
        await _trust.HoldAsync(new CutConnection(), _first, () => Task.CompletedTask);

        Assert.Equal(0, _trust.Trust(_second));
    }

    private TrustedAuthority Make(long version) => new(
        new AuthorityKey(_vault.Generate("cluster-authority", KeyPurpose.ClusterAuthority, KeyAlgorithm.EcP256).Handle, version),
        "c1",
        new TrustOptions(),
        TimeProvider.System);

    private sealed class CutConnection : DefaultConnectionContext
    {
        public bool IsCut { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsCut = true;
    }
}
