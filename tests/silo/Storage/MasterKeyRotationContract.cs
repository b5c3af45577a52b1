using CodeSigning.Certificates;
using CodeSigning.Grains.Ledger;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Tests.Ledger.Verification;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>The rotation of the master key.</summary>
public abstract class MasterKeyRotationContract(DatabaseKind kind) : StoreSuite(kind)
{
    private const int Keys = 120;

    private static readonly byte[] NextBytes = [.. Enumerable.Range(100, MasterKey.Length).Select(i => (byte)i)];

    private readonly MasterKey _next = MasterKey.FromBytes(NextBytes);

    public override async Task DisposeAsync()
    {
        _next.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Rotated_keys_open_with_the_next_master_key_alone()
    {
        await MakeKeysAsync();

        await RotateAsync(Node);

        await OpenAllAsync(Node);
        await Node.StopAsync();
        await using (var after = await StartWithAsync(NextBytes))
        {
            await OpenAllAsync(after);
            Assert.Empty((await after.VerifyOnlineAsync()).Problems);
        }

        var refused = await Assert.ThrowsAsync<SealedKeyException>(StartNodeAsync);
        Assert.Equal(SealedKeyFault.OtherMasterKey, refused.Fault);
    }

    [Fact]
    public async Task Rotation_ended_half_way_goes_on_and_both_keys_start()
    {
        await MakeKeysAsync();
        using CancellationTokenSource end = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RotateAsync(
            Node, sentence => sentence.StartsWith("50 of", StringComparison.Ordinal) ? end.CancelAsync() : Task.CompletedTask, end.Token));
        await Node.StopAsync();

        await using (var previous = await StartNodeAsync())
        {
            await OpenAllAsync(previous);
        }

        await using (var next = await StartWithAsync(NextBytes))
        {
            await OpenAllAsync(next);
            using var other = MasterKey.FromBytes(new byte[MasterKey.Length]);
            await Assert.ThrowsAsync<InvalidDataException>(() => Replacement(next).RunAsync(
                other, TimeSpan.Zero, _ => Task.CompletedTask, CancellationToken.None));
            await RotateAsync(next);
        }

        await using var after = await StartWithAsync(NextBytes);
        await OpenAllAsync(after);
        await Assert.ThrowsAsync<SealedKeyException>(StartNodeAsync);
    }

    [Fact]
    public async Task Key_stored_during_the_rotation_is_swept_too()
    {
        await MakeKeysAsync();
        var late = Node.Get<KeyVault>().Generate("key_late", KeyPurpose.CodeSigning, KeyAlgorithm.EcP256);
        late.Handle.Dispose();

        // A node that had not heard of the rotation yet.
        await RotateAsync(Node, async sentence =>
        {
            if (sentence.StartsWith("50 of", StringComparison.Ordinal))
            {
                await CommitSurelyAsync(new LedgerElement { Writes = [SealedKeyStates.Write(late.Sealed)] });
            }
        });

        await Node.StopAsync();
        await using var after = await StartWithAsync(NextBytes);
        using var opened = await after.Get<KeyVault>().OpenAsync(new KeyReference("key_late"), KeyPurpose.CodeSigning, CancellationToken.None);
    }

    private static MasterKeyReplacement Replacement(TestNode node) =>
        ActivatorUtilities.CreateInstance<MasterKeyReplacement>(node.Get<IServiceProvider>());

    private static async Task OpenAllAsync(TestNode node)
    {
        for (var i = 0; i < Keys; i++)
        {
            using var key = await node.Get<KeyVault>().OpenAsync(new KeyReference($"key_{i}"), KeyPurpose.CodeSigning, CancellationToken.None);
            Assert.NotEmpty(key.SignDigest(SigningAlgorithm.EcdsaSha256, new byte[32]));
        }
    }

    private Task<TestNode> StartWithAsync(byte[] masterKey) =>
        TestNode.StartAsync(Database, Time, services => services.AddSingleton(_ => MasterKey.FromBytes(masterKey)));

    private Task RotateAsync(TestNode node, Func<string, Task>? report = null, CancellationToken cancellationToken = default) =>
        Replacement(node).RunAsync(_next, TimeSpan.Zero, report ?? (_ => Task.CompletedTask), cancellationToken);

    private async Task MakeKeysAsync()
    {
        for (var i = 0; i < Keys; i++)
        {
            var key = Node.Get<KeyVault>().Generate($"key_{i}", KeyPurpose.CodeSigning, KeyAlgorithm.EcP256);
            key.Handle.Dispose();
            await CommitSurelyAsync(new LedgerElement { Writes = [SealedKeyStates.Write(key.Sealed)] });
        }
    }
}

public sealed class SqliteMasterKeyRotationTests() : MasterKeyRotationContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlMasterKeyRotationTests() : MasterKeyRotationContract(DatabaseKind.PostgreSql);
