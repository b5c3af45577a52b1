using CodeSigning.Grains.Ledger;
using CodeSigning.Grains.Recording;
using CodeSigning.Grains.States;
using CodeSigning.Identifiers;
using CodeSigning.Identities;

namespace CodeSigning.Grains.Certificates;

/// <summary>How a certificate and its key come into the store.</summary>
internal static class CertificateChange
{
    /// <summary>What whoever brings a certificate in twice is told.</summary>
    public const string HereAlready = "This very certificate is here already, under another id.";

    /// <summary>A certificate that was not here before, under a new id.</summary>
    public static CertificateState New(
        Caller caller, CustodyKey key, string subject, CertificateStage stage, TimeProvider time) => new()
        {
            Id = EntityId.New(IdPrefixes.Certificate, time),
            Subject = subject,
            KeyId = key.Id,
            KeyAlgorithm = key.Algorithm,
            PublicKey = key.SubjectPublicKeyInfo,
            Stage = stage,
            CreatedAt = time.GetUtcNow(),
            CreatedBy = caller.ToRef(),
        };

    /// <summary>The act that stores a certificate together with its sealed key.</summary>
    public static LedgerElement Create(
        Caller caller, string action, CertificateState certificate, CustodyKey key, Changes changes, TimeProvider time) =>
        Change.By(caller, action, StateTypes.Certificate, certificate.Id, changes, time)
            .Writing(StateWrite.New(StateTypes.Certificate, certificate.Id, certificate), key.Sealed);
}
