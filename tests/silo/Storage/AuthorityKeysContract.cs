using System.Text;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Keys;
using CodeSigning.Silo.Secrets;
using CodeSigning.Silo.Tests.Ledger.Verification;
using Xunit;

namespace CodeSigning.Silo.Tests.Storage;

/// <summary>The cluster authority's key in the store.</summary>
public abstract class AuthorityKeysContract(DatabaseKind kind) : StoreSuite(kind)
{
    [Fact]
    public async Task Authority_key_is_created_once_and_then_opened()
    {
        using var made = await Keys(Node).OpenAsync(CancellationToken.None);
        using var opened = await Keys(Node).OpenAsync(CancellationToken.None);

        Assert.Equal(made.Handle.PublicKey.ToArray(), opened.Handle.PublicKey.ToArray());
        Assert.Equal((1, 1), (made.Version, opened.Version));
        Assert.Empty(await Node.Entries.ListAsync(new LedgerQuery(), CancellationToken.None));
    }

    [Fact]
    public async Task Concurrent_creations_get_the_same_key()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Keys(Node).OpenAsync(CancellationToken.None)));

        Assert.Single(keys.Select(key => Convert.ToHexString(key.Handle.PublicKey.Span)).Distinct());
        Array.ForEach(keys, key => key.Dispose());
    }

    [Fact]
    public async Task Replacement_is_recorded_in_the_ledger_and_opened()
    {
        using var before = await Keys(Node).OpenAsync(CancellationToken.None);
        Assert.Null(await Keys(Node).OpenNewerAsync(before.Version, CancellationToken.None));

        var name = await Keys(Node).ReplaceAsync(CancellationToken.None);

        using var after = await Keys(Node).OpenNewerAsync(before.Version, CancellationToken.None);
        Assert.NotEqual(before.Handle.PublicKey.ToArray(), after!.Handle.PublicKey.ToArray());
        Assert.Equal(name, SubjectPublicKeyInfo.NameOf(after.Handle.PublicKey.Span));
        var entry = Assert.Single(await Node.Entries.ListAsync(new LedgerQuery(), CancellationToken.None));
        Assert.Contains("\"action\":\"cluster-authority.replace\",\"subject\":\"key/cluster-authority\"", entry.Json, StringComparison.Ordinal);
        Assert.Contains($"\"to\":\"{name}\"", entry.Json, StringComparison.Ordinal);
        Assert.Empty((await Node.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Restored_old_row_is_not_opened()
    {
        using var before = await Keys(Node).OpenAsync(CancellationToken.None);
        await Database.ExecuteAsync("CREATE TABLE stolen AS SELECT * FROM states WHERE id = 'cluster-authority'");
        await Keys(Node).ReplaceAsync(CancellationToken.None);
        using var after = await Keys(Node).OpenNewerAsync(before.Version, CancellationToken.None);

        await Database.ExecuteAsync(
            "DELETE FROM states WHERE id = 'cluster-authority'; INSERT INTO states SELECT * FROM stolen; DROP TABLE stolen");

        Assert.Null(await Keys(Node).OpenNewerAsync(after!.Version, CancellationToken.None));
        Assert.Contains((await Node.VerifyOnlineAsync()).Problems, problem => problem.What.Contains("an old row was put back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Old_key_under_a_new_version_is_not_opened()
    {
        using var before = await Keys(Node).OpenAsync(CancellationToken.None);
        await Database.ExecuteAsync("UPDATE states SET version = 7 WHERE id = 'cluster-authority'");

        await Assert.ThrowsAsync<StateTamperedException>(() => Keys(Node).OpenNewerAsync(before.Version, CancellationToken.None));
    }

    [Fact]
    public async Task Stored_row_does_not_reveal_the_key()
    {
        using var key = await Keys(Node).OpenAsync(CancellationToken.None);
        var row = await Node.States.ReadAsync(StateTypes.Key, "cluster-authority", CancellationToken.None);

        Assert.StartsWith("{\"sealed\":", Encoding.UTF8.GetString(row!.Content.Span), StringComparison.Ordinal);
        var sealedKey = SealedKeyStates.Read(row.Content.ToArray());
        Assert.Equal((KeyPurpose.ClusterAuthority, "cluster-authority"), (sealedKey.Purpose, sealedKey.Reference.Id));
    }

    private AuthorityKeys Keys(TestNode node) => new(node.Get<KeyVault>(), node.States, node.Ledger, Time);
}

public sealed class SqliteAuthorityKeysTests() : AuthorityKeysContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlAuthorityKeysTests() : AuthorityKeysContract(DatabaseKind.PostgreSql);
