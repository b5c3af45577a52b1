// Usage: dotnet run -c Release --project tests/bench/hsm [seconds] [threads] [rounds]
// Signatures a second of the vault with a key in SoftHSM, verified before release, against those of as many threads that call
// SoftHSM directly, in rounds by turns so that both meet the same machine: short ones, and many, since what else runs on it comes and
// goes within seconds. Needs softhsm2 and opensc.
using System.Globalization;
using CodeSigning.Certificates;
using CodeSigning.Hsm.Bench;
using CodeSigning.Signing;
using CodeSigning.Testing;

var seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 0.25;
var threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 8;
var rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 90;
var warmUp = TimeSpan.FromSeconds(4); // Until the compiler's tiers are done.

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
    List<(double Vault, double Direct)> measured = [];
    await vault.MeasureAsync(certificate, scheme, warmUp);
    for (var round = 0; round < rounds; round++)
    {
        var own = await vault.MeasureAsync(certificate, scheme, TimeSpan.FromSeconds(seconds));
        measured.Add((own, direct.Measure(TimeSpan.FromSeconds(seconds))));
    }

    measured.Sort(static (one, other) => (one.Vault / one.Direct).CompareTo(other.Vault / other.Direct));
    var (vaultRate, directRate) = measured[rounds / 2];
    var (low, high) = (measured[rounds / 4], measured[rounds * 3 / 4]);
    Console.WriteLine(
        $"{algorithm.ToWireName()}, {threads} threads: vault {vaultRate:f0}/s, SoftHSM directly {directRate:f0}/s, "
        + $"median ratio {vaultRate / directRate:f2}, half of the rounds from {low.Vault / low.Direct:f2} to {high.Vault / high.Direct:f2}");
}
