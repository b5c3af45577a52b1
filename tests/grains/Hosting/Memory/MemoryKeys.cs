using CodeSigning.Certificates;
using CodeSigning.Grains.Certificates;
using CodeSigning.Grains.Signing;
using CodeSigning.Grains.States;
using CodeSigning.Signing;

namespace CodeSigning.Grains.Tests.Hosting.Memory;

/// <summary>Keys, certificates and signatures without arithmetic.</summary>
internal sealed class MemoryKeys(TimeProvider time) : ICertificateMaker, ISigningKeys
{
    private static readonly byte[] Signature = [1];
    private static readonly byte[] PublicKey = [2];

    public Task<MadeCertificate> MakeRootAsync(CertificateOrder order, CancellationToken cancellationToken) =>
        Task.FromResult(Make(order));

    public Task<MadeCertificate> MakeAuthorityAsync(
        CertificateOrder order, Issuer issuer, CancellationToken cancellationToken) => Task.FromResult(Make(order));

    public Task<MadeCertificate> MakeLeafAsync(CertificateOrder order, Issuer issuer, CancellationToken cancellationToken) =>
        Task.FromResult(Make(order));

    public Task<MadeCertificate> RenewLeafAsync(RenewalOrder order, Issuer issuer, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<MadeSigningRequest> MakeSigningRequestAsync(
        string keyId, string subject, KeyAlgorithm algorithm, string? custody, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task DiscardAsync(CustodyKey key) => Task.CompletedTask;

    public Task<MadeCertificate> ImportAsync(
        string keyId, ImportCertificate request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<byte[]> SignAsync(
        string callerId,
        CertificateFacts certificate,
        SigningAlgorithm algorithm,
        ReadOnlyMemory<byte> digest,
        CancellationToken cancellationToken) => ValueTask.FromResult(Signature);

    private MadeCertificate Make(CertificateOrder order)
    {
        var now = time.GetUtcNow();
        var row = new StateWrite(StateTypes.Key, order.KeyId, 0, "{}"u8.ToArray(), StateIndex.None);
        return new MadeCertificate(
            new CustodyKey(order.KeyId, order.KeyAlgorithm, PublicKey, row),
            "CN=" + order.CommonName,
            new ChainedCertificate("", "", order.KeyId, order.KeyId, now, now + order.Life));
    }
}
