namespace CodeSigning.Abuse.Tests;

/// <summary>What a flood is aimed at.</summary>
/// <param name="Deployment">The server, and its administrator to make accounts for floods that need some.</param>
/// <param name="Signer">The honest client's signer; the client has a grant.</param>
/// <param name="CaId">A CA there, whose CRL is public.</param>
/// <param name="LargeKeySignerId">A signer without a policy, whose key takes long to sign.</param>
/// <param name="LargeKeyOperator">Its operator.</param>
internal sealed record Target(
    Deployment Deployment, PolicyBoundSigner Signer, string CaId, string LargeKeySignerId, MachineIdentity LargeKeyOperator) : IDisposable
{
    private const int Signatures = 1_000_000;

    /// <summary>The server.</summary>
    public Uri Address => Deployment.Nodes[0].Address;

    /// <summary>Makes what a flood is aimed at.</summary>
    public static async Task<Target> CreateAsync(Deployment deployment)
    {
        var signer = await deployment.CreatePolicyBoundSignerAsync("honest", Signatures);
        await signer.GrantAsync(Signatures);
        var (largeKey, owner) = await deployment.CreateSignerAsync("large-key", "RSA_3072");
        var cas = await deployment.Administrator.GetAsync("/api/v1/pki/ca");
        return new Target(deployment, signer, Api.Text(cas["items"]![0]!.AsObject(), "id"), largeKey, owner);
    }

    /// <summary>The honest client, who has made no signature yet.</summary>
    public HonestClient Client() => new(Address, Signer.Machine.Token!, Signer.Id);

    public void Dispose() => Signer.Dispose();
}
