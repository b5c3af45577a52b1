using System.Collections.Concurrent;
using System.Diagnostics;
using CodeSigning.Certificates;
using CodeSigning.Errors;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signing;
using CodeSigning.Signing;
using CodeSigning.Silo.Keys;
using CodeSigning.Testing;
using Xunit;

namespace CodeSigning.Silo.Tests.Hsm;

/// <summary>A token that is taken away, given back, or does not answer.</summary>
[Collection(SoftHsmSuite.Name)]
public sealed class AbsentTokenTests : IDisposable
{
    private const int Clients = 32;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    private readonly SoftHsm _hsm = new();

    public void Dispose() => _hsm.Dispose();

    [Fact]
    public async Task Token_away_under_load_is_named_and_recovers()
    {
        await using var fixture = new HsmFixture(_hsm);
        var certificate = Certify(await fixture.MakeAsync("key_1", KeyAlgorithm.EcP256));
        var software = MakeSoftware(fixture);
        using var stop = new CancellationTokenSource();
        var load = new Load(fixture, certificate);
        var others = new Load(fixture, software);
        var running = Enumerable.Range(0, Clients).Select(_ => load.RunAsync(stop.Token)).Append(others.RunAsync(stop.Token)).ToArray();
        await load.ReachAsync(signatures: 200);

        _hsm.TakeAway();
        await load.MissAsync();
        var awayFrom = others.Signatures;
        await Task.Delay(TimeSpan.FromSeconds(2));
        _hsm.GiveBack();
        var back = Stopwatch.StartNew();
        await load.ReachAsync(load.Signatures + 1);
        var recovered = back.Elapsed;
        await load.ReachAsync(load.Signatures + 200);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        Assert.True(recovered < Recovery, $"recovery took {recovered}");
        Assert.Equal(0, load.Wrong + others.Wrong);
        Assert.Empty(others.Refusals);
        Assert.True(others.Signatures > awayFrom + 100, "software keys went on signing");
        Assert.All(load.Refusals.Keys, refusal => Assert.StartsWith("Unavailable The HSM 'soft' is unavailable: ", refusal, StringComparison.Ordinal));
        Assert.NotEmpty(load.Refusals);
    }

    [Fact]
    public async Task Hanging_module_is_given_up_and_holds_nothing_else()
    {
        await using var fixture = new HsmFixture(_hsm);
        var certificate = Certify(await fixture.MakeAsync("key_1", KeyAlgorithm.EcP256));
        var software = MakeSoftware(fixture);
        await SignAsync(fixture, certificate);

        // A pipe that nobody writes makes each reader of the token's objects wait.
        var generation = Directory.GetFiles(_hsm.Tokens, "generation", SearchOption.AllDirectories).Single();
        File.Delete(generation);
        using (var pipe = Process.Start("mkfifo", generation))
        {
            await pipe.WaitForExitAsync();
        }

        var waits = Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Assert.ThrowsAsync<RefusedException>(() => SignAsync(fixture, certificate))));
        Assert.All(answers, refused => Assert.Contains("The HSM 'soft' is unavailable", refused.Message, StringComparison.Ordinal));
        Assert.True(waits.Elapsed < TimeSpan.FromSeconds(12), $"{waits.Elapsed}");

        var quick = Stopwatch.StartNew();
        await Assert.ThrowsAsync<RefusedException>(() => SignAsync(fixture, certificate));
        Assert.True(quick.Elapsed < TimeSpan.FromSeconds(2), $"{quick.Elapsed}");
        await SignAsync(fixture, software);

        Release(generation);
        await Eventually.HoldsAsync(async () => await TrySignAsync(fixture, certificate), within: TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Key_removed_by_other_tools_is_missing_and_others_sign()
    {
        await using var fixture = new HsmFixture(_hsm);
        var kept = Certify(await fixture.MakeAsync("key_1", KeyAlgorithm.EcP256));
        var removed = Certify(await fixture.MakeAsync("key_2", KeyAlgorithm.EcP256));
        _hsm.RemoveKey("key_2");
        await using var after = new HsmFixture(_hsm);
        foreach (var id in new[] { "key_1", "key_2" })
        {
            after.Store.Put((await fixture.Store.LoadAsync(new KeyReference(id), CancellationToken.None))!);
        }

        var refused = await Assert.ThrowsAsync<RefusedException>(() => SignAsync(after, removed));

        Assert.Equal(ErrorCode.Unavailable, refused.Code);
        await SignAsync(after, kept);
    }

    // What keeps the token from signing is a fault, so that the attempt is recorded; the caller is told the reason.
    private static async Task<byte[]> SignAsync(HsmFixture fixture, CertificateFacts certificate)
    {
        try
        {
            return await fixture.Signing.SignAsync("caller", certificate, SigningAlgorithm.EcdsaSha256, new byte[32], CancellationToken.None);
        }
        catch (SigningFaultException fault) when (fault.InnerException is RefusedException reason)
        {
            throw reason;
        }
    }

    private static async Task<bool> TrySignAsync(HsmFixture fixture, CertificateFacts certificate)
    {
        try
        {
            return (await SignAsync(fixture, certificate)).Length > 0;
        }
        catch (RefusedException)
        {
            return false;
        }
    }

    // Whoever waits for the pipe's writer holds it; nobody meets it again.
    private static void Release(string pipe)
    {
        var aside = pipe + ".aside";
        File.Move(pipe, aside);
        File.WriteAllBytes(pipe, new byte[8]);
        using var writer = File.Open(aside, FileMode.Open, FileAccess.ReadWrite);
    }

    private static CertificateFacts MakeSoftware(HsmFixture fixture)
    {
        var made = fixture.Vault.Generate("key_software", KeyPurpose.CodeSigning, KeyAlgorithm.EcP256);
        fixture.Store.Put(made.Sealed);
        return Certify(made.Handle);
    }

    private static CertificateFacts Certify(KeyHandle key)
    {
        using (key)
        {
            return new CertificateFacts(
                [], "crt_1", key.Reference.Id, key.Algorithm, "1", "1", DateTimeOffset.MinValue, DateTimeOffset.MaxValue,
                IsIssued: true, IsRevoked: false, [.. key.PublicKey.Span]);
        }
    }

    /// <summary>Clients that sign with one key and check every signature.</summary>
    private sealed class Load(HsmFixture fixture, CertificateFacts certificate)
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

        private int _signatures;
        private int _wrong;

        public int Signatures => Volatile.Read(ref _signatures);

        public int Wrong => Volatile.Read(ref _wrong);

        public ConcurrentDictionary<string, int> Refusals { get; } = new();

        public async Task RunAsync(CancellationToken stop)
        {
            using var key = VerificationKey.FromSubjectPublicKeyInfo(certificate.SubjectPublicKeyInfo.AsSpan());
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var signature = await SignAsync(fixture, certificate);
                    Interlocked.Add(ref _wrong, key.Verify(SigningAlgorithm.EcdsaSha256, new byte[32], signature) ? 0 : 1);
                    Interlocked.Increment(ref _signatures);
                }
                catch (RefusedException refused)
                {
                    Refusals.AddOrUpdate($"{refused.Code} {refused.Message}", 1, (_, count) => count + 1);
                }

                await Task.Delay(Pause, CancellationToken.None);
            }
        }

        public Task ReachAsync(int signatures) => Eventually.HoldsAsync(() => Signatures >= signatures, within: Eventually.Soon);

        public Task MissAsync() => Eventually.HoldsAsync(() => !Refusals.IsEmpty, within: Eventually.Soon);
    }
}
