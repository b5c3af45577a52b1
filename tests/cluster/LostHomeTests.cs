using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace CodeSigning.Cluster.Tests;

/// <summary>
/// A node is stopped or killed that is the home of about half of the signers, grants and requests: what must not wait goes on
/// through the other node at once, and everything within ten seconds.
/// </summary>
public sealed class LostHomeTests
{
    private const int Each = 6;
    private const int Uses = 1000;
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rights_are_withdrawn_at_once_while_homes_are_lost(bool killed)
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var signers = await CreateSignersAsync(deployment);
        var grants = await Task.WhenAll(signers.Select(signer => signer.GrantAsync(Uses)));
        await SignEverywhereAsync(deployment, signers);
        await LoseAsync(deployment.Nodes[1], killed);

        for (var i = 0; i < Each; i += 3)
        {
            await AtOnceAsync(() => deployment.Administrator.PostAsync($"/api/v1/pki/grants/{grants[i]}/revoke", new { reason = "lost" }));
            await DeniesAsync(signers[i], "GrantRevoked");
            await AtOnceAsync(() => deployment.Administrator.PatchAsync(
                $"/api/v1/pki/signers/{signers[i].Id}/status", new { status = "disabled" }));
            await DeniesAsync(signers[i], "SignerDisabled");

            var members = await deployment.Administrator.GetAsync($"/api/v1/pki/signers/{signers[i + 1].Id}/members");
            var member = members["items"]!.AsArray().Single(item => item!["id"]!.GetValue<string>() == signers[i + 1].Grantee.Id)!;
            await AtOnceAsync(() => deployment.Administrator.DeleteAsync(
                $"/api/v1/pki/signers/{signers[i + 1].Id}/members/{member["memberId"]}"));
            await DeniesAsync(signers[i + 1], "NotFound");

            await AtOnceAsync(() => deployment.Administrator.PostAsync(
                $"/api/v1/pki/signers/{signers[i + 2].Id}/stop", new { reason = "lost" }));
            await DeniesAsync(signers[i + 2], "SignerDisabled");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_succeed_within_seconds_after_homes_are_lost(bool killed)
    {
        await using var deployment = await Deployment.StartAsync(Database.PostgreSql, nodes: 2);
        var signers = await CreateSignersAsync(deployment);
        await Task.WhenAll(signers.Select(signer => signer.GrantAsync(Uses)));
        await SignEverywhereAsync(deployment, signers);
        var requests = await Task.WhenAll(signers.Select(signer => signer.RequestAsync(1)));
        await LoseAsync(deployment.Nodes[1], killed);

        // Each retries what is answered 503 as the answer says; nothing else may be answered.
        await Task.WhenAll(
        [
            .. signers.Select(signer => signer.Machine.UntilDoneAsync(
                HttpMethod.Post, $"/api/v1/pki/signers/{signer.Id}/sign", Signing(), Soon)),
            .. signers.Zip(requests, (signer, request) => signer.Approver.UntilDoneAsync(
                HttpMethod.Post, $"/api/v1/pki/approval-requests/{request}/approve", new { }, Soon, doneBefore: "WrongState")),
            .. signers.Select(signer => deployment.Administrator.UntilDoneAsync(
                HttpMethod.Patch, $"/api/v1/pki/signers/{signer.Id}", new { description = "after" }, Soon)),
        ]);
        foreach (var (signer, request) in signers.Zip(requests))
        {
            var approved = await signer.Approver.GetAsync($"/api/v1/pki/approval-requests/{request}");
            Assert.Equal("approved", Api.Text(approved, "status"));
        }
    }

    private static async Task<PolicyBoundSigner[]> CreateSignersAsync(Deployment deployment)
    {
        List<PolicyBoundSigner> signers = [];
        for (var i = 0; i < Each; i++)
        {
            signers.Add(await deployment.CreatePolicyBoundSignerAsync($"lost-{i}", Uses));
        }

        return [.. signers];
    }

    private static async Task SignEverywhereAsync(Deployment deployment, PolicyBoundSigner[] signers)
    {
        foreach (var signer in signers)
        {
            foreach (var node in deployment.Nodes)
            {
                using var there = signer.Machine.At(node.Address);
                Assert.Equal(HttpStatusCode.OK, (await there.SignAsync(signer.Id, new byte[32], "ECDSA_SHA256")).Status);
            }
        }
    }

    private static async Task LoseAsync(Node node, bool killed)
    {
        if (killed)
        {
            await node.KillAsync();
        }
        else
        {
            node.Stop();
        }
    }

    private static async Task AtOnceAsync(Func<Task> act)
    {
        var began = Stopwatch.GetTimestamp();
        await act();
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, AtOnce);
    }

    private static async Task DeniesAsync(PolicyBoundSigner signer, string code)
    {
        var (_, body) = await signer.Machine.SignAsync(signer.Id, new byte[32], "ECDSA_SHA256");
        Assert.Equal(code, Api.Text(body, "code"));
    }

    private static JsonObject Signing() => new()
    {
        ["data"] = Convert.ToBase64String(new byte[32]),
        ["signingAlgorithm"] = "ECDSA_SHA256",
        ["isDigest"] = true,
    };
}
