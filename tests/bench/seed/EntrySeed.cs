using System.Security.Cryptography;
using CodeSigning.Grains.Ledger;
using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Ledger;
using CodeSigning.Signers;
using CodeSigning.Signing;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Bench.Seed;

/// <summary>Writes entries of signatures, or of attempts of every outcome, spread over signers, through the ledger's writer.</summary>
internal sealed class EntrySeed(IServiceProvider services, string userId, bool isMixed)
{
    private const int AtOnce = 8192;
    private const int Rsa3072Length = 384;

    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();
    private readonly string _grantId = EntityId.New(IdPrefixes.Grant, services.GetRequiredService<TimeProvider>());

    public async Task RunAsync(IReadOnlyList<SignerView> signers, int count)
    {
        var ledger = services.GetRequiredService<ILedger>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce };
        await Parallel.ForAsync(0, signers.Count == 0 ? 0 : count, parallel, async (number, cancellationToken) =>
        {
            var element = new LedgerElement { Entry = Draft(signers[number % signers.Count], number) };
            var outcome = await ledger.CommitAsync(element, cancellationToken);
            if (outcome is not CommitOutcome.Committed)
            {
                throw new InvalidOperationException($"An entry was refused: {outcome}");
            }
        });
    }

    private EntryDraft Draft(SignerView signer, int number) => (isMixed, number % 4) switch
    {
        (true, 2) => Signature(signer) with { GrantId = _grantId, Outcome = EntryOutcome.Denied, Code = nameof(ErrorCode.ScopeMismatch), Signature = null },
        (true, 3) => Signature(signer) with { GrantId = _grantId, Outcome = EntryOutcome.Failed, Code = nameof(ErrorCode.InternalError), Signature = null },
        (true, _) => Signature(signer) with { GrantId = _grantId },
        _ => Signature(signer),
    };

    private EntryDraft Signature(SignerView signer) => new()
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
