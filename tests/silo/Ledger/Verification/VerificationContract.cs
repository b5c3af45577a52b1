using System.Text;
using CodeSigning.Contract;
using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.States;
using CodeSigning.Silo.Ledger.Checkpoints;
using CodeSigning.Silo.Ledger.Verification;
using CodeSigning.Silo.Tests.Storage;
using Xunit;

namespace CodeSigning.Silo.Tests.Ledger.Verification;

/// <summary>Exports, checkpoints and verification, and what they show of a database changed by hand.</summary>
public abstract class VerificationContract(DatabaseKind kind) : StoreSuite(kind)
{
    private string _stream = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await CommitSurelyAsync(Elements.Create("signer", "sgn_1", "{\"a\":1}", new StateIndex(Name: "release")));
        _stream = (await CommitSurelyAsync(Elements.Use("gnt_1", 5))).Stream;
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        await CommitSurelyAsync(Elements.Use("gnt_1", 5).RestingOn(new StateVersion("signer", "sgn_1", 1)));
        await CommitSurelyAsync(Elements.Sign());
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        await CommitSurelyAsync(Elements.Save("signer", "sgn_1", 1, "{\"a\":2}", new StateIndex(Name: "release")));
        await CommitSurelyAsync(Elements.Sign());
    }

    [Fact]
    public async Task Untouched_ledger_is_intact_online_and_offline()
    {
        var kept = await Node.CheckpointAsync();
        var offline = await Node.VerifyAsync(await Node.ExportAsync(), kept);
        AssertIntact(offline, 6, 1);
        Assert.Null(offline.Part);
        AssertIntact(await Node.VerifyOnlineAsync(), 6, 1);
    }

    [Fact]
    public async Task Online_verification_continues_from_last_checkpoint_and_names_it()
    {
        AssertIntact(await Node.VerifyOnlineAsync(), 6, 0);
        await Node.CheckpointAsync();
        await CommitSurelyAsync(Elements.Sign());
        AssertIntact(await Node.VerifyOnlineAsync(), 7, 1);
        await CommitSurelyAsync(Elements.Sign());
        AssertIntact(await Node.VerifyOnlineAsync(), 2, 0, verifiedFrom: 1);
        AssertIntact(await Node.VerifyOnlineAsync(full: true), 8, 1);
    }

    [Fact]
    public async Task Entries_after_the_last_verified_checkpoint_are_always_verified()
    {
        await Node.CheckpointAsync();
        await CommitSurelyAsync(Elements.Use("gnt_1", 5));
        await CommitSurelyAsync(Elements.Sign());
        AssertIntact(await Node.VerifyOnlineAsync(), 8, 1);
        await TamperAsync("UPDATE ledger_entries SET json = replace(json, 'release', 'malware') WHERE number = 7");
        Assert.Equal(7, (await Node.VerifyOnlineAsync()).Problems[0].Number);
    }

    [Fact]
    public async Task Partial_verification_names_the_checkpoint_that_it_starts_from()
    {
        await Node.CheckpointAsync();
        AssertIntact(await Node.VerifyOnlineAsync(), 6, 1);
        await TamperAsync("UPDATE ledger_entries SET json = replace(json, 'release', 'malware') WHERE number = 3");
        AssertIntact(await Node.VerifyOnlineAsync(), 0, 0, verifiedFrom: 1);
        var full = await Node.VerifyOnlineAsync(full: true);
        Assert.Equal((0L, 3L), (full.VerifiedFrom, full.Problems[0].Number!.Value));
        Assert.False((await Node.VerifyOnlineAsync()).Intact);
    }

    [Fact]
    public async Task Checkpoint_replaced_after_its_verification_is_found()
    {
        await Node.CheckpointAsync();
        AssertIntact(await Node.VerifyOnlineAsync(), 6, 1);
        await TamperAsync("UPDATE ledger_checkpoints SET json = replace(json, '2030', '2031')");
        Assert.Equal(1, Assert.Single((await Node.VerifyOnlineAsync()).Problems).Number);
    }

    [Fact]
    public async Task Shutdown_closes_the_stream_and_checkpoints_name_it_once()
    {
        await Node.CheckpointAsync();
        await Node.StopAsync();
        await using var next = await TestNode.StartAsync(Database, Time);
        var naming = await next.CheckpointAsync();
        Assert.Contains("\"closed\":true", naming, StringComparison.Ordinal);
        await next.Ledger.CommitAsync(Elements.Use("gnt_1", 5), CancellationToken.None);
        await next.Ledger.CommitAsync(Elements.Sign(), CancellationToken.None);
        var later = await next.CheckpointAsync();
        Assert.DoesNotContain(_stream, later, StringComparison.Ordinal);
        AssertIntact(await next.VerifyAsync(await next.ExportAsync(), naming, later), 8, 3);
        AssertIntact(await next.VerifyOnlineAsync(), 8, 3);
    }

    [Fact]
    public async Task Stream_closed_after_its_verification_is_found_closed()
    {
        await Node.StopAsync();
        await using var next = await TestNode.StartAsync(Database, Time);
        await using var third = await TestNode.StartAsync(Database, Time);
        await next.Ledger.CommitAsync(Elements.Sign(), CancellationToken.None);
        Assert.True((await third.VerifyOnlineAsync()).Intact);
        await next.StopAsync();
        Assert.Empty((await third.VerifyOnlineAsync()).Problems);
    }

    [Fact]
    public async Task Checkpoints_are_made_while_the_clock_lags_behind()
    {
        var kept = await Node.CheckpointAsync();
        await AdvanceAsync(-TimeSpan.FromHours(1));
        await CommitSurelyAsync(Elements.Sign());
        Assert.True(await Node.Get<CheckpointWriter>().WriteIfDueAsync(CancellationToken.None));
        AssertIntact(await Node.VerifyAsync(await Node.ExportAsync(), kept), 7, 2);
    }

    [Fact]
    public async Task Unchanged_ledger_gets_no_new_checkpoint()
    {
        var first = await Node.CheckpointAsync();
        Assert.Equal(first, await Node.CheckpointAsync());
    }

    [Fact]
    public async Task Part_of_the_ledger_verifies_and_names_its_range()
    {
        await Node.CheckpointAsync();
        var from = Time.GetUtcNow() - TimeSpan.FromSeconds(10);
        var part = await Node.ExportAsync(from, Time.GetUtcNow());
        var report = await Node.VerifyAsync(part);
        AssertIntact(report, 2, 1);
        Assert.Contains("2030", report.Part, StringComparison.Ordinal);

        var lines = Lines(part);
        lines.RemoveAt(lines.Count - 1);
        lines.RemoveAt(lines.Count - 1);
        Assert.False((await Node.VerifyAsync(Join(lines))).Intact);
    }

    [Fact]
    public async Task Part_is_verified_only_against_checkpoints_of_its_range()
    {
        var earlier = await Node.CheckpointAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        var from = Time.GetUtcNow();
        await CommitSurelyAsync(Elements.Sign());
        var inside = await Node.CheckpointAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        var to = Time.GetUtcNow();
        await CommitSurelyAsync(Elements.Sign());
        await Node.CheckpointAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        await CommitSurelyAsync(Elements.Sign());
        var later = await Node.CheckpointAsync();
        AssertIntact(await Node.VerifyAsync(await Node.ExportAsync(from, to), earlier, inside, later), 1, 2);

        await TamperAsync("DELETE FROM ledger_checkpoints WHERE number = 2");
        var cut = await Node.VerifyAsync(await Node.ExportAsync(from, to), earlier, inside, later);
        Assert.Equal([2L], cut.Problems.Where(p => p.What.Contains("was kept", StringComparison.Ordinal)).Select(p => p.Number!.Value));
    }

    [Theory]
    [InlineData("UPDATE ledger_entries SET json = replace(json, 'release', 'malware') WHERE number = 3", 3)]
    [InlineData("DELETE FROM ledger_entries WHERE number = 3", 3)]
    [InlineData("UPDATE ledger_entries SET number = -3 WHERE number = 3; UPDATE ledger_entries SET number = 3 WHERE number = 4; UPDATE ledger_entries SET number = 4 WHERE number = -3", 3)]
    [InlineData("DELETE FROM ledger_entries WHERE number = 6", 6)]
    [InlineData("DELETE FROM ledger_heads WHERE number = 6", 6)]
    [InlineData("UPDATE ledger_heads SET json = replace(json, '\"number\":4', '\"number\":3') WHERE number = 4", 3)]
    public async Task Changed_row_is_found_and_located(string tampering, long number)
    {
        await TamperAsync(tampering);
        foreach (var report in new[] { await Node.VerifyAsync(await Node.ExportAsync()), await Node.VerifyOnlineAsync() })
        {
            Assert.False(report.Intact);
            Assert.Equal((_stream, number), (report.Problems[0].Stream!, report.Problems[0].Number!.Value));
        }
    }

    [Fact]
    public async Task Inserted_row_is_found()
    {
        await TamperAsync(
            """
            INSERT INTO ledger_entries (stream, number, operation_id, at_ms, kind, outcome, signer_id, actor_id, json)
            SELECT stream, 7, 'op_forged', at_ms, kind, outcome, signer_id, actor_id, json FROM ledger_entries WHERE number = 6;
            UPDATE ledger_streams SET number = 7;
            """);
        var report = await Node.VerifyAsync(await Node.ExportAsync());
        Assert.Contains(report.Problems, p => p.Stream == _stream && p.What.Contains("moved or inserted", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("stream", 1000)]
    [InlineData("stream", 0)]
    [InlineData("'str_forged'", 1)]
    public async Task Row_outside_the_streams_count_is_found_online(string stream, long number)
    {
        await Database.ExecuteAsync(
            $"""
            INSERT INTO ledger_entries (stream, number, operation_id, at_ms, kind, outcome, signer_id, actor_id, json)
            SELECT {stream}, {number}, 'op_forged', at_ms, kind, outcome, signer_id, actor_id, json FROM ledger_entries WHERE number = 6
            """);
        var problem = Assert.Single((await Node.VerifyOnlineAsync()).Problems);
        Assert.Equal((stream == "stream" ? _stream : "str_forged", number), (problem.Stream, problem.Number));
    }

    [Fact]
    public async Task Tampered_row_does_not_hide_running_stream_from_checkpoints()
    {
        await TamperAsync("UPDATE ledger_streams SET settled = 1");
        Assert.Contains(_stream, await Node.CheckpointAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writer_of_a_stream_closed_by_tampering_stops_permanently()
    {
        await TamperAsync("UPDATE ledger_streams SET closed_ms = 1");
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
        Assert.False(Node.Writer.IsWritable);
        Assert.True(Node.Writer.Broken.IsCompleted);
    }

    [Fact]
    public async Task Restored_deleted_state_is_found()
    {
        await Database.ExecuteAsync("CREATE TABLE kept AS SELECT * FROM states WHERE type = 'signer'");
        await CommitSurelyAsync(Elements.Save("signer", "sgn_1", 2, content: null));
        Assert.True((await Node.VerifyOnlineAsync()).Intact);
        await Database.ExecuteAsync("INSERT INTO states SELECT * FROM kept");
        var problem = Assert.Single((await Node.VerifyOnlineAsync()).Problems);
        Assert.Contains("signer/sgn_1 was deleted", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writer_of_a_truncated_stream_stops_permanently()
    {
        await TruncateAsync();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
        Assert.Contains("does not end where this process wrote last", Node.Writer.Reason, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => CommitAsync(Elements.Sign()));
    }

    [Fact]
    public async Task Truncation_is_found_by_a_kept_checkpoint_alone()
    {
        var kept = await Node.CheckpointAsync();
        await TruncateAsync();
        var withStored = await Node.VerifyAsync(await Node.ExportAsync());
        Assert.Contains(withStored.Problems, p => p.Stream == _stream && p.Number == 5 && p.What.Contains("cut off", StringComparison.Ordinal));
        await TamperAsync("DELETE FROM ledger_checkpoints");
        Assert.True((await Node.VerifyAsync(await Node.ExportAsync())).Intact);
        var withKept = await Node.VerifyAsync(await Node.ExportAsync(), kept);
        Assert.Contains(withKept.Problems, p => p.Stream == _stream && p.Number == 5 && p.What.Contains("cut off", StringComparison.Ordinal));
        Assert.Contains(withKept.Problems, p => p.Number == 1 && p.What.Contains("was kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Removed_stream_is_found()
    {
        await Node.CheckpointAsync();
        await TamperAsync("DELETE FROM ledger_entries; DELETE FROM ledger_heads; DELETE FROM ledger_streams");
        var report = await Node.VerifyAsync(await Node.ExportAsync());
        Assert.Contains(report.Problems, p => p.Stream == _stream && p.What.Contains("missing", StringComparison.Ordinal));
        Assert.Contains((await Node.VerifyOnlineAsync()).Problems, p => p.Stream == _stream);
    }

    [Fact]
    public async Task Use_hidden_from_the_count_is_found_online()
    {
        await TamperAsync("UPDATE ledger_entries SET use = NULL, grant_id = NULL WHERE number = 3");
        var problem = Assert.Single((await Node.VerifyOnlineAsync()).Problems);
        Assert.Equal((_stream, 3L), (problem.Stream!, problem.Number!.Value));
    }

    [Fact]
    public async Task Full_verification_finds_changes_to_verified_entries()
    {
        AssertIntact(await Node.VerifyOnlineAsync(), 6, 0);
        await TamperAsync("UPDATE ledger_entries SET json = replace(json, 'release', 'malware') WHERE number = 3");
        Assert.Equal(3, (await Node.VerifyOnlineAsync(full: true)).Problems[0].Number);
    }

    [Fact]
    public async Task Changed_state_is_found_and_never_read()
    {
        await Database.ExecuteAsync("UPDATE states SET content = '{\"a\":3}' WHERE type = 'signer'");
        var problem = Assert.Single((await Node.VerifyOnlineAsync()).Problems);
        Assert.Contains("signer/sgn_1", problem.What, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StateTamperedException>(() => Node.States.ReadAsync("signer", "sgn_1", CancellationToken.None));
        await Assert.ThrowsAsync<StateTamperedException>(
            () => Node.States.ListAsync(new StateQuery("signer"), CancellationToken.None));
    }

    [Fact]
    public async Task Restored_old_row_is_found()
    {
        await Database.ExecuteAsync("CREATE TABLE stash AS SELECT * FROM states WHERE type = 'signer'");
        await CommitSurelyAsync(Elements.Save("signer", "sgn_1", 2, "{\"a\":3}", new StateIndex(Name: "release")));
        await Database.ExecuteAsync("DELETE FROM states WHERE type = 'signer'; INSERT INTO states SELECT * FROM stash");
        var problem = Assert.Single((await Node.VerifyOnlineAsync()).Problems);
        Assert.Contains("an old row was put back", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_deleted_without_entry_is_found_and_with_entry_accepted()
    {
        await CommitSurelyAsync(Elements.Create("signer", "sgn_2"));
        await CommitSurelyAsync(Elements.Save("signer", "sgn_2", 1, content: null));
        Assert.True((await Node.VerifyOnlineAsync()).Intact);
        await Database.ExecuteAsync("DELETE FROM states WHERE type = 'signer'");
        var problem = Assert.Single((await Node.VerifyOnlineAsync()).Problems);
        Assert.Contains("signer/sgn_1 is missing", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_clusters_key_verifies_nothing()
    {
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using VerificationKeys keys = new();
        keys.Add(other.ExportSubjectPublicKeyInfo());
        using MemoryStream file = new(await Node.ExportAsync());
        var report = await LedgerVerifier.VerifyAsync(file, keys, [], CancellationToken.None);
        Assert.Contains(report.Problems, p => p.What.Contains("other than the given", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_of_an_export_cannot_be_removed_moved_or_repeated()
    {
        await Node.CheckpointAsync();
        var lines = Lines(await Node.ExportAsync());
        for (var i = 0; i < lines.Count; i++)
        {
            List<string> without = [.. lines];
            without.RemoveAt(i);
            var isNeeded = !IsHead(lines[i]) || i + 1 == lines.Count;
            Assert.False((await Node.VerifyAsync(Join(without))).Intact && isNeeded, $"Line {i + 1} removed.");

            List<string> twice = [.. lines];
            twice.Insert(i, lines[i]);
            Assert.False((await Node.VerifyAsync(Join(twice))).Intact, $"Line {i + 1} repeated.");

            if (i + 1 < lines.Count)
            {
                List<string> swapped = [.. lines];
                (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
                Assert.False((await Node.VerifyAsync(Join(swapped))).Intact, $"Lines {i + 1} and {i + 2} swapped.");
            }
        }
    }

    private static bool IsHead(string line) => line.StartsWith("{\"kind\":\"head\"", StringComparison.Ordinal);

    private static List<string> Lines(byte[] export) => [.. Encoding.UTF8.GetString(export).TrimEnd('\n').Split('\n')];

    private static byte[] Join(List<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");

    private static void AssertIntact(VerificationReport report, long entries, long checkpoints, long verifiedFrom = 0)
    {
        Assert.Empty(report.Problems);
        Assert.Equal((verifiedFrom, entries, checkpoints), (report.VerifiedFrom, report.Entries, report.Checkpoints));
    }

    // Cuts off the last two entries with all that is stored about them.
    private Task TruncateAsync() => TamperAsync(
        """
        UPDATE states SET version = 1 WHERE type = 'signer';
        DELETE FROM ledger_entries WHERE number > 4;
        DELETE FROM ledger_heads WHERE number > 4;
        """ + SetHead(4));

    private string SetHead(long number) => Database.Kind is DatabaseKind.Sqlite
        ? $"UPDATE ledger_streams SET number = {number}, hash = unhex(substr((SELECT json FROM ledger_entries WHERE number = {number}), -66, 64))"
        : $"UPDATE ledger_streams SET number = {number}, hash = decode(substr(right((SELECT json FROM ledger_entries WHERE number = {number}), 66), 1, 64), 'hex')";

    private async Task TamperAsync(string sql)
    {
        if (Database.Kind is DatabaseKind.Sqlite)
        {
            string[] triggers = ["entries_keep", "entries_stay", "heads_keep", "heads_stay", "checkpoints_keep", "checkpoints_stay", "streams_stay", "streams_advance"];
            await Database.ExecuteAsync(string.Concat(triggers.Select(t => $"DROP TRIGGER IF EXISTS ledger_{t};")));
        }

        await Database.ExecuteAsync(sql);
    }
}

public sealed class SqliteVerification() : VerificationContract(DatabaseKind.Sqlite);

public sealed class PostgreSqlVerification() : VerificationContract(DatabaseKind.PostgreSql);
