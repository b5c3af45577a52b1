// Usage: dotnet run -c Release --project tests/bench/hsm [seconds] [threads]
// Signatures a second of the vault with a key in SoftHSM, verified before release, against those of as many threads that call
// SoftHSM directly, in rounds by turns so that both meet the same machine. Needs softhsm2 and opensc.
using System.Globalization;
using CodeSigning.Certificates;
using CodeSigning.Hsm.Bench;
using CodeSigning.Signing;
using CodeSigning.Testing;

var seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 2;
var threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 8;
const int Rounds = 7;

using SoftHsm hsm = new();
await using BenchVault vault = new(hsm, threads);
foreach (var (algorithm, scheme) in new[]
{
    (KeyAlgorithm.Rsa3072, SigningAlgorithm.RsaPkcs1Sha256),
    (KeyAlgorithm.EcP256, SigningAlgorithm.EcdsaSha256),
})
{
    var certificate = await vault.MakeAsync(algorithm);
    using DirectCalls direct = new(certificate.KeyId, scheme, algorithm, threads);
    List<(double Vault, double Direct)> rounds = [];
    for (var round = 0; round <= Rounds; round++)
    {
        var own = await vault.MeasureAsync(certificate, scheme, TimeSpan.FromSeconds(seconds));
        rounds.Add((own, direct.Measure(TimeSpan.FromSeconds(seconds))));
    }

    // The first round warms up.
    var measured = rounds.Skip(1).OrderBy(round => round.Vault / round.Direct).ToList();
    var (vaultRate, directRate) = measured[Rounds / 2];
    Console.WriteLine(
        $"{algorithm.ToWireName()}, {threads} threads: vault {vaultRate:f0}/s, SoftHSM directly {directRate:f0}/s, "
        + $"median ratio {vaultRate / directRate:f2}, from {measured[0].Vault / measured[0].Direct:f2} to {measured[^1].Vault / measured[^1].Direct:f2}");
}
