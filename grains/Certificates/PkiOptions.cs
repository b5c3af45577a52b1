namespace CodeSigning.Grains.Certificates;

/// <summary>Settings of the internal CAs.</summary>
public sealed record PkiOptions
{
    /// <summary>
    /// The address under which the world reaches this service (<c>CODESIGNING_PUBLIC_URL</c>, else the first address
    /// that it listens on). It is written into every certificate, as the place of its issuer's CRL.
    /// </summary>
    public Uri PublicUrl { get; init; } = new("http://127.0.0.1:8080");

    /// <summary>How long a CRL holds.</summary>
    public TimeSpan RevocationListLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Where a CA's CRL is found (RFC 5280, section 4.2.1.13).</summary>
    public Uri RevocationListUrl(string caId) => new($"{PublicUrl.AbsoluteUri.TrimEnd('/')}/api/v1/pki/ca/{caId}/crl");
}
