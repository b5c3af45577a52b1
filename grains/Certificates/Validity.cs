namespace CodeSigning.Grains.Certificates;

/// <summary>From when until when (UTC).</summary>
/// <param name="NotBefore">The first moment.</param>
/// <param name="NotAfter">The end.</param>
public readonly record struct Validity(DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>A certificate's own.</summary>
    public static Validity Of(ChainedCertificate certificate) => new(certificate.NotBefore, certificate.NotAfter);

    /// <summary>What both have in common; it ends before it begins where that is nothing.</summary>
    public Validity Intersect(Validity other) => new(
        NotBefore > other.NotBefore ? NotBefore : other.NotBefore, NotAfter < other.NotAfter ? NotAfter : other.NotAfter);
}
