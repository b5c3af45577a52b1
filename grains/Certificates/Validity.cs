using System.Security.Cryptography.X509Certificates;

namespace CodeSigning.Grains.Certificates;

/// <summary>A validity period (UTC).</summary>
/// <param name="NotBefore">The start.</param>
/// <param name="NotAfter">The end.</param>
public readonly record struct Validity(DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>All time.</summary>
    public static Validity Always { get; } = new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);

    /// <summary>The validity of a certificate itself.</summary>
    public static Validity Of(ChainedCertificate certificate) => new(certificate.NotBefore, certificate.NotAfter);

    /// <summary>
    /// The common validity of a certificate and of the CA certificates that are stored with it: verifiers refuse what is
    /// signed outside it. It is read from the chain, so that certificates stored by every release have it.
    /// </summary>
    public static Validity WithChain(ChainedCertificate certificate) => Of(certificate).Intersect(OfChain(certificate.ChainPem));

    /// <summary>The common validity of the certificates in a PEM text; all time if there is none.</summary>
    public static Validity OfChain(string chainPem)
    {
        if (chainPem.Length == 0)
        {
            return Always;
        }

        X509Certificate2Collection chain = [];
        chain.ImportFromPem(chainPem);
        var validity = Always;
        foreach (var authority in chain)
        {
            DateTimeOffset notBefore = authority.NotBefore, notAfter = authority.NotAfter;
            validity = validity.Intersect(new Validity(notBefore.ToUniversalTime(), notAfter.ToUniversalTime()));
            authority.Dispose();
        }

        return validity;
    }

    /// <summary>The intersection of both; it ends before it begins if they are disjoint.</summary>
    public Validity Intersect(Validity other) => new(
        NotBefore > other.NotBefore ? NotBefore : other.NotBefore, NotAfter < other.NotAfter ? NotAfter : other.NotAfter);
}
