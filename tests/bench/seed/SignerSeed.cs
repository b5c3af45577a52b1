using CodeSigning.Identifiers;
using CodeSigning.Identities;
using CodeSigning.Signers;
using Microsoft.Extensions.DependencyInjection;

namespace CodeSigning.Bench.Seed;

/// <summary>Makes signers on one certificate, as their grain makes them.</summary>
internal sealed class SignerSeed(IServiceProvider services, string certificateId, string userId)
{
    private const int AtOnce = 32;

    public async Task<IReadOnlyList<SignerView>> RunAsync(int count)
    {
        var (grains, time) = (services.GetRequiredService<IGrainFactory>(), services.GetRequiredService<TimeProvider>());
        var creator = new Caller(PrincipalKind.User, userId, "bench", ProductRole.Admin, [], null, null, null);
        var signers = new SignerView[count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce };
        await Parallel.ForAsync(0, count, parallel, async (number, cancellationToken) =>
        {
            var id = EntityId.New(IdPrefixes.Signer, time);
            var name = id.Replace(IdPrefixes.Signer + "_", "seeded", StringComparison.Ordinal); // 32 characters, and no other's.
            signers[number] = await grains.GetGrain<ISignerGrain>(id)
                .CreateAsync(creator, new CreateSigner(name, CertificateId: certificateId), cancellationToken);
        });
        return signers;
    }
}
