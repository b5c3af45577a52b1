using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using CodeSigning.Testing;

namespace CodeSigning.Cluster.Tests;

/// <summary>What was taken away serves no request that begins after the answer. CODESIGNING_TEST_ROUNDS sets how often it is tried.</summary>
public sealed class ImmediacyTests
{
    private const int Clients = 32;
    private const int Plenty = 1_000_000;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGNING_TEST_ROUNDS"), out var rounds) ? rounds : 20;

    [Theory]
    [InlineData(Database.Sqlite, 1)]
    [InlineData(Database.PostgreSql, 2)]
    public async Task Disabled_signer_signs_nothing_that_begins_after_the_answer(Database database, int nodes)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes);
        var (signer, identity) = await deployment.CreateSignerAsync("disable");
        var callers = await SignInEverywhereAsync(deployment, identity);
        for (var round = 0; round < Rounds; round++)
        {
            await RaceAsync(callers, signer, () => deployment.Administrator.PatchAsync(
                $"/api/v1/pki/signers/{signer}/status", new { status = "disabled" }));
            await deployment.Administrator.PatchAsync($"/api/v1/pki/signers/{signer}/status", new { status = "active" });
        }
    }

    [Theory]
    [InlineData(Database.Sqlite, 1)]
    [InlineData(Database.PostgreSql, 2)]
    public async Task Removed_member_signs_nothing_that_begins_after_the_answer(Database database, int nodes)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes);
        var (signer, identity) = await deployment.CreateSignerAsync("remove");
        var callers = await SignInEverywhereAsync(deployment, identity);
        var path = $"/api/v1/pki/signers/{signer}/members";
        for (var round = 0; round < Rounds; round++)
        {
            var members = await deployment.Administrator.GetAsync(path);
            var member = members["items"]!.AsArray().Single(item => item!["id"]!.GetValue<string>() == identity.Id)!;
            await RaceAsync(callers, signer, () => deployment.Administrator.DeleteAsync($"{path}/{member["memberId"]}"));
            await deployment.Administrator.PostAsync(path, new { kind = "identity", id = identity.Id, role = "operator" });
        }
    }

    [Theory]
    [InlineData(Database.Sqlite, 1)]
    [InlineData(Database.PostgreSql, 2)]
    public async Task Disabled_identitys_token_signs_nothing_that_begins_after_the_answer(Database database, int nodes)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes);
        var (signer, identity) = await deployment.CreateSignerAsync("token");
        for (var round = 0; round < Rounds; round++)
        {
            var callers = await SignInEverywhereAsync(deployment, identity);
            await RaceAsync(callers, signer, () => deployment.Administrator.PatchAsync(
                $"/api/v1/identities/{identity.Id}", new { status = "disabled" }));
            await deployment.Administrator.PatchAsync($"/api/v1/identities/{identity.Id}", new { status = "active" });
        }
    }

    [Theory]
    [InlineData(Database.Sqlite, 1)]
    [InlineData(Database.PostgreSql, 2)]
    public async Task Revoked_grant_signs_nothing_that_begins_after_the_answer(Database database, int nodes)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes);
        using var signer = await deployment.CreatePolicyBoundSignerAsync("revoke", Plenty);
        var callers = await SignInEverywhereAsync(deployment, signer.Grantee);
        for (var round = 0; round < Rounds; round++)
        {
            var grant = await signer.GrantAsync(Plenty);
            await RaceAsync(callers, signer.Id, () => deployment.Administrator.PostAsync(
                $"/api/v1/pki/grants/{grant}/revoke", new { reason = "round" }));
        }
    }

    [Theory]
    [InlineData(Database.Sqlite, 1)]
    [InlineData(Database.PostgreSql, 2)]
    public async Task Stopped_signer_signs_nothing_beyond_the_signatures_in_the_answer(Database database, int nodes)
    {
        await using var deployment = await Deployment.StartAsync(database, nodes);
        using var signer = await deployment.CreatePolicyBoundSignerAsync("stop", Plenty);
        var callers = await SignInEverywhereAsync(deployment, signer.Grantee);
        for (var round = 0; round < Rounds; round++)
        {
            var since = DateTimeOffset.UtcNow;
            await signer.GrantAsync(Plenty);
            HashSet<string> listed = [];
            var signed = await RaceAsync(callers, signer.Id, async () =>
            {
                var report = await deployment.Administrator.PostAsync(
                    $"/api/v1/pki/signers/{signer.Id}/stop", new { reason = "round", since });
                listed = [.. report["signatures"]!.AsArray().Select(entry => entry!["operationId"]!.GetValue<string>())];
            });
            Assert.Subset(listed, signed);
            await deployment.Administrator.PatchAsync($"/api/v1/pki/signers/{signer.Id}/status", new { status = "active" });
        }
    }

    private static Task<Api[]> SignInEverywhereAsync(Deployment deployment, MachineIdentity identity) =>
        Task.WhenAll(deployment.Nodes.Select(node => Api.SignInAsync(node.Address, identity)));

    /// <summary>Takes away in the middle of a load, and looks at the requests that began after the answer.</summary>
    /// <returns>The operations that gave a signature.</returns>
    private static async Task<HashSet<string>> RaceAsync(Api[] callers, string signer, Func<Task> takeAway)
    {
        var answeredAt = long.MaxValue;
        var signedTooLate = 0;
        var begunAfter = 0;
        var signed = new ConcurrentQueue<string>();
        using var end = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(i => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var begun = Stopwatch.GetTimestamp();
                var isAfter = begun > Volatile.Read(ref answeredAt);
                var (status, body) = await callers[i % callers.Length].SignAsync(signer, RandomNumberGenerator.GetBytes(32), "ECDSA_SHA256");
                if (status == HttpStatusCode.OK)
                {
                    signed.Enqueue(Api.Text(body, "operationId"));
                }

                if (isAfter)
                {
                    Interlocked.Increment(ref begunAfter);
                    if (status == HttpStatusCode.OK)
                    {
                        Interlocked.Increment(ref signedTooLate);
                    }
                }
            }
        })).ToArray();

        await Eventually.HoldsAsync(() => signed.Count >= Clients);
        await takeAway();
        Volatile.Write(ref answeredAt, Stopwatch.GetTimestamp());
        await Eventually.HoldsAsync(() => Volatile.Read(ref begunAfter) >= Clients);
        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal(0, signedTooLate);
        return [.. signed];
    }
}
