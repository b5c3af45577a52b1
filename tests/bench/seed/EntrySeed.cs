using System.Security.Cryptography;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using CodeSigning.Signing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Bench.Seed;

/// <summary>Writes entries of signatures, spread over signers, through the ledger's writer.</summary>
internal sealed class EntrySeed(IServiceProvider services, string userId)
{
    private const int AtOnce = 8192;
    private const int Rsa3072Length = 384;

    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();

    public async Task RunAsync(IReadOnlyList<SignerView> signers, int count)
    {
        var ledger = services.GetRequiredService<ILedger>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce };
        await Parallel.ForAsync(0, signers.Count == 0 ? 0 : count, parallel, async (number, cancellationToken) =>
        {
            var element = new LedgerElement { Entry = Draft(signers[number % signers.Count]) };
            var outcome = await ledger.CommitAsync(element, cancellationToken);
            if (outcome is not CommitOutcome.Committed)
            {
                throw new InvalidOperationException($"An entry was refused: {outcome}");
            }
        });
    }

    private EntryDraft Draft(SignerView signer) => new()
    {
        OperationId = EntityId.New(IdPrefixes.Operation, _time),
        Kind = EntryKind.Sign,
        Outcome = EntryOutcome.Success,
        Actor = new Actor(PrincipalKind.User, userId, "bench"),
        Address = "127.0.0.1",
        SignerId = signer.Id,
        SignerName = signer.Name,
        CertificateSerial = signer.CertificateSerial,
        SigningAlgorithm = SigningAlgorithm.RsaPkcs1Sha256.ToWireName(),
        IsDigest = true,
        Data = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes),
        Signature = RandomNumberGenerator.GetBytes(Rsa3072Length),
    };
}
